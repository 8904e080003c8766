//! The elements of an XML text as a flat tree: one pass over its tokens, every limit checked where it can be
//! passed, all that is not well-formed refused.
//!
//! What a FHIR document must not bring along is refused here too: document types, entities of its own,
//! processing instructions (<https://hl7.org/fhir/R4/xml.html>, <https://hl7.org/fhir/R4/security.html>).

use super::Options;
use super::text;
use crate::error::{Error, ErrorKind, Position};
use crate::json::text::space_end;
use std::borrow::Cow;

/// Elements, stray texts and comments in document order; each element knows the node after its last descendant.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
    /// For markup that uses declarations from outside of it: the node, and what it needs. Sorted by node.
    pub(super) inherited: Vec<(u32, Declaration)>,
}

#[derive(Clone, Copy)]
pub(super) struct Node {
    /// The first byte: for an element its `<`, for a comment the first byte of its content.
    pub(super) start: u32,
    /// The byte after the last one.
    pub(super) end: u32,
    /// Where the name without its prefix starts.
    name: u32,
    name_length: u16,
    /// The number of elements around it.
    pub(super) depth: u16,
    first_attribute: u32,
    attribute_count: u16,
    pub(super) kind: Kind,
    pub(super) namespace: Namespace,
    /// The index of the node after the last descendant.
    pub(super) skip: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Element,
    /// An element of a narrative, whose content is kept as text and has no nodes.
    Markup,
    /// Text where only white space belongs.
    Text,
    Comment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Fhir,
    Xhtml,
    /// `xsi`, whose hints for validators mean nothing here.
    SchemaInstance,
    None,
    Other,
}

#[derive(Clone, Copy)]
pub(super) struct Attribute {
    name: u32,
    value: u32,
    value_length: u32,
    name_length: u16,
    /// The bytes of the prefix and its colon; 0 for none.
    prefix_length: u8,
    /// Whether the value is what stands between the quotes.
    is_plain: bool,
}

/// A declaration of a namespace; the prefix is empty for the default one.
#[derive(Clone, Copy)]
pub(super) struct Declaration {
    prefix: (u32, u32),
    address: (u32, u32),
    namespace: Namespace,
    depth: u16,
}

impl Tree {
    pub(super) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    pub(super) fn attributes(&self, node: &Node) -> &[Attribute] {
        let first = node.first_attribute as usize;
        self.attributes.get(first..first + usize::from(node.attribute_count)).unwrap_or_default()
    }

    /// The nodes at the level of the node at `index`, from that one on. The caller knows where the parent ends.
    pub(super) fn siblings(&self, index: u32) -> Children<'_> {
        Children { tree: self, next: index, end: u32::MAX }
    }

    /// The comments that stand directly before an element, the last one first.
    pub(super) fn comments_before(&self, index: u32, node: &Node) -> impl Iterator<Item = &Node> {
        let depth = node.depth;
        (0..index)
            .rev()
            .map_while(|before| self.node(before))
            .take_while(move |before| before.kind == Kind::Comment && before.depth == depth)
    }

    /// The declarations outside of a piece of markup that it uses.
    pub(super) fn inherited_by(&self, node: &Node) -> &[(u32, Declaration)] {
        let starts_before = |index: u32| self.node(index).is_some_and(|other| other.start < node.start);
        let first = self.inherited.partition_point(|(index, _)| starts_before(*index));
        let rest = self.inherited.get(first..).unwrap_or_default();
        let same = |index: u32| self.node(index).is_some_and(|other| other.start == node.start);
        let count = rest.iter().take_while(|(index, _)| same(*index)).count();
        rest.get(..count).unwrap_or_default()
    }

    /// The children of the node at `index`.
    pub(super) fn children(&self, index: u32) -> Children<'_> {
        let end = self.node(index).map_or(0, |node| node.skip);
        Children { tree: self, next: index.saturating_add(1), end }
    }
}

impl Node {
    pub(super) fn name<'x>(&self, source: &'x str) -> &'x str {
        slice(source, self.name, u32::from(self.name_length))
    }

    pub(super) fn is_element(&self) -> bool {
        matches!(self.kind, Kind::Element | Kind::Markup)
    }
}

impl Attribute {
    /// The name with its prefix.
    pub(super) fn name<'x>(&self, source: &'x str) -> &'x str {
        slice(source, self.name, u32::from(self.name_length))
    }

    /// The value, references resolved.
    pub(super) fn value<'x>(&self, source: &'x str) -> Cow<'x, str> {
        let raw = slice(source, self.value, self.value_length);
        if self.is_plain { Cow::Borrowed(raw) } else { text::attribute_value(raw) }
    }

    /// The byte where the name starts.
    pub(super) fn offset(&self) -> u32 {
        self.name
    }

    /// The byte of the value's opening quote.
    pub(super) fn value_offset(&self) -> u32 {
        self.value.saturating_sub(1)
    }
}

impl Declaration {
    pub(super) fn prefix<'x>(&self, source: &'x str) -> &'x str {
        slice(source, self.prefix.0, self.prefix.1)
    }

    /// The address as it stands between its quotes.
    pub(super) fn address<'x>(&self, source: &'x str) -> &'x str {
        slice(source, self.address.0, self.address.1)
    }
}

pub(super) struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = (u32, &'t Node);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let node = self.tree.node(index)?;
        self.next = node.skip.max(index + 1);
        Some((index, node))
    }
}

fn slice(source: &str, start: u32, length: u32) -> &str {
    source.get(start as usize..start as usize + length as usize).unwrap_or_default()
}

/// Reads the whole of `source`. Comments are kept only if `comments` asks for them.
pub(super) fn parse(source: &str, options: &Options, comments: bool) -> Result<Tree, Error> {
    parse_within(source, options, comments, &[])
}

/// As [`parse`], for a piece of a larger text in which `around` is declared: prefixes, empty for the default one,
/// and addresses.
pub(super) fn parse_within(
    source: &str,
    options: &Options,
    comments: bool,
    around: &[(String, String)],
) -> Result<Tree, Error> {
    if source.len() > options.max_bytes || i32::try_from(source.len()).is_err() {
        let detail = format!("the text has {} bytes, the limit is {}", source.len(), options.max_bytes);
        return Err(Error::new(ErrorKind::TooLarge, "", None, detail));
    }
    text::check_characters(source)?;
    let mut parser = Parser {
        source,
        options,
        comments,
        around,
        tree: Tree { nodes: Vec::with_capacity(source.len() / 32 + 4), ..Tree::default() },
        open: Vec::with_capacity(16),
        declarations: Vec::with_capacity(4),
        markup: None,
        rooted: false,
    };
    parser.document()?;
    Ok(parser.tree)
}

/// An element whose end has not been seen.
#[derive(Clone, Copy)]
struct Open {
    /// Nothing within markup.
    node: Option<u32>,
    /// How many declarations there were before its own.
    declarations: usize,
    /// Its name with the prefix: where it starts, and its length.
    name: (u32, u32),
}

struct Parser<'x> {
    source: &'x str,
    options: &'x Options,
    comments: bool,
    around: &'x [(String, String)],
    tree: Tree,
    open: Vec<Open>,
    declarations: Vec<Declaration>,
    /// The node of the markup that is open, and its depth.
    markup: Option<(u32, u16)>,
    rooted: bool,
}

/// More declarations than any document has; it keeps the search for a prefix short.
const MAX_DECLARATIONS: usize = 256;

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Error> {
        let bytes = self.source.as_bytes();
        let mut at = 0;
        loop {
            let mut end = space_end(bytes, at);
            if bytes.get(end).is_some_and(|&byte| byte != b'<') {
                let rest = bytes.get(end..).unwrap_or_default();
                end = memchr::memchr(b'<', rest).map_or(bytes.len(), |length| end + length);
                self.text(at, end)?;
            }
            if end >= bytes.len() {
                break;
            }
            at = match bytes.get(end + 1) {
                Some(b'/') => self.end_tag(end)?,
                Some(b'!') => self.declaration_or_comment(end)?,
                Some(b'?') => self.instruction(end)?,
                _ => self.tag(end)?,
            };
        }
        if !self.open.is_empty() {
            return Err(self.syntax(small(bytes.len()), "an element is not closed"));
        }
        if !self.rooted {
            return Err(self.syntax(small(bytes.len()), "the text has no element"));
        }
        Ok(())
    }

    /// Reads the tag that starts at `at`, and returns the byte behind it.
    fn tag(&mut self, at: usize) -> Result<usize, Error> {
        let (bytes, start, depth) = (self.source.as_bytes(), small(at), self.open.len());
        if depth == 0 && self.rooted {
            return Err(self.syntax(start, "an XML text has one outermost element"));
        }
        if depth >= self.options.max_depth.min(10_000) {
            let detail = format!("nesting is deeper than {} levels", self.options.max_depth);
            return Err(self.error(ErrorKind::TooDeep, start, detail));
        }
        self.rooted = true;
        let depth = u16::try_from(depth).unwrap_or(u16::MAX);
        let declarations = self.declarations.len();
        let first_attribute = self.tree.attributes.len();
        let (name_end, plain) = name_end(bytes, at + 1);
        let name = self.source.get(at + 1..name_end).unwrap_or_default();
        let colon = if plain { None } else { name.find(':') };
        let (prefix, local) = match colon {
            None => ("", name),
            Some(colon) => (name.get(..colon).unwrap_or_default(), name.get(colon + 1..).unwrap_or_default()),
        };
        let well_formed = plain || text::is_name(name);
        if !well_formed || local.is_empty() || colon == Some(0) || (!plain && local.contains(':')) {
            return Err(self.syntax(start, "the name of an element is not well-formed"));
        }
        let (end, is_empty) = self.attributes(name_end, start, depth)?;

        let found = self.find(prefix);
        if found.is_none() && !prefix.is_empty() {
            return Err(self.syntax(start, "the prefix of an element is not declared"));
        }
        let namespace = found.map_or(Namespace::None, |found| found.namespace);
        let prefixed = self.resolve_attributes(first_attribute, start)?;
        let mut open = Open { node: None, declarations, name: (small(at + 1), small(name.len())) };

        if let Some((markup, markup_depth)) = self.markup {
            self.inherit(markup, markup_depth, found, prefixed);
            self.tree.attributes.truncate(first_attribute);
        } else {
            let Ok(name_length) = u16::try_from(local.len()) else {
                return Err(self.error(ErrorKind::TooLarge, start, "the name of an element is too long"));
            };
            let index = self.count(start)?;
            // Only narratives hold an element of this name, whatever namespace it was given.
            let is_markup = namespace == Namespace::Xhtml || local == "div";
            let attribute_count = self.tree.attributes.len() - first_attribute;
            self.tree.nodes.push(Node {
                start,
                end: small(end),
                name: small(name_end - local.len()),
                name_length,
                depth,
                first_attribute: small(first_attribute),
                attribute_count: u16::try_from(attribute_count).unwrap_or(u16::MAX),
                kind: if is_markup { Kind::Markup } else { Kind::Element },
                namespace,
                skip: index + 1,
            });
            if is_markup {
                self.markup = Some((index, depth));
                self.inherit(index, depth, found, prefixed);
            }
            open.node = Some(index);
        }
        self.open.push(open);
        if is_empty {
            self.end(small(end));
        }
        Ok(end)
    }

    /// Reads an end tag, which must be that of the open element.
    fn end_tag(&mut self, at: usize) -> Result<usize, Error> {
        let bytes = self.source.as_bytes();
        let Some(open) = self.open.last() else {
            return Err(self.syntax(small(at), "an end tag closes nothing"));
        };
        let name = slice(self.source, open.name.0, open.name.1);
        let behind = at + 2 + name.len();
        if bytes.get(at + 2..behind) != Some(name.as_bytes()) {
            return Err(self.syntax(small(at), "an end tag does not fit the element that is open"));
        }
        let end = skip_space(bytes, behind);
        if bytes.get(end) != Some(&b'>') {
            return Err(self.syntax(small(at), "an end tag does not fit the element that is open"));
        }
        self.end(small(end + 1));
        Ok(end + 1)
    }

    /// Reads what starts with `<!`.
    fn declaration_or_comment(&mut self, at: usize) -> Result<usize, Error> {
        let bytes = self.source.as_bytes();
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            let content = rest.get(4..).unwrap_or_default();
            let Some(hyphens) = memchr::memmem::find(content, b"--").map(|length| at + 4 + length) else {
                return Err(self.syntax(small(at), "a comment is not closed"));
            };
            if bytes.get(hyphens + 2) != Some(&b'>') {
                return Err(self.syntax(small(hyphens), "-- must not stand in a comment"));
            }
            self.comment(small(at + 4), small(hyphens))?;
            return Ok(hyphens + 3);
        }
        if rest.starts_with(b"<![CDATA[") {
            let Some(length) = memchr::memmem::find(rest, b"]]>") else {
                return Err(self.syntax(small(at), "a CDATA section is not closed"));
            };
            let end = at + length + 3;
            if self.markup.is_none() {
                self.stray_text(small(at), small(end))?;
            }
            return Ok(end);
        }
        Err(self.syntax(small(at), "document types are not allowed"))
    }

    /// Reads what starts with `<?`: the XML declaration and nothing else.
    fn instruction(&mut self, at: usize) -> Result<usize, Error> {
        let rest = self.source.get(at..).unwrap_or_default();
        let content =
            rest.strip_prefix("<?xml").filter(|rest| rest.bytes().next().is_some_and(text::is_space));
        let Some(content) = content else {
            return Err(self.syntax(small(at), "processing instructions are not allowed"));
        };
        let Some((content, _)) = content.split_once("?>") else {
            return Err(self.syntax(small(at), "the XML declaration is not closed"));
        };
        self.declaration(content, small(at))?;
        Ok(at + "<?xml".len() + content.len() + "?>".len())
    }

    fn end(&mut self, end: u32) {
        let Some(open) = self.open.pop() else { return };
        self.declarations.truncate(open.declarations);
        let Some(index) = open.node else { return };
        let skip = small(self.tree.nodes.len());
        if let Some(node) = self.tree.nodes.get_mut(index as usize) {
            node.end = end;
            node.skip = skip;
        }
        if self.markup.is_some_and(|(markup, _)| markup == index) {
            self.markup = None;
        }
    }

    /// Text that is not only white space.
    fn text(&mut self, start: usize, end: usize) -> Result<(), Error> {
        let text = self.source.get(start..end).unwrap_or_default();
        if let Some(at) = text::bad_reference(text) {
            return Err(self.syntax(small(start + at), BAD_REFERENCE));
        }
        if let Some(at) = memchr::memmem::find(text.as_bytes(), b"]]>") {
            return Err(self.syntax(small(start + at), "]]> must not stand in text"));
        }
        if self.markup.is_some() { Ok(()) } else { self.stray_text(small(start), small(end)) }
    }

    fn stray_text(&mut self, start: u32, end: u32) -> Result<(), Error> {
        if self.open.is_empty() {
            return Err(self.syntax(start, "text stands outside of the outermost element"));
        }
        self.leaf(Kind::Text, start, end)
    }

    fn comment(&mut self, start: u32, end: u32) -> Result<(), Error> {
        if !self.comments || self.markup.is_some() {
            return Ok(());
        }
        self.leaf(Kind::Comment, start, end)
    }

    fn leaf(&mut self, kind: Kind, start: u32, end: u32) -> Result<(), Error> {
        let index = self.count(start)?;
        self.tree.nodes.push(Node {
            start,
            end,
            name: start,
            name_length: 0,
            depth: u16::try_from(self.open.len()).unwrap_or(u16::MAX),
            first_attribute: 0,
            attribute_count: 0,
            kind,
            namespace: Namespace::None,
            skip: index + 1,
        });
        Ok(())
    }

    /// Makes sure of room for one more node.
    fn count(&self, start: u32) -> Result<u32, Error> {
        if self.tree.nodes.len() + self.tree.attributes.len() >= self.options.max_values {
            let detail = format!("the text has more than {} values", self.options.max_values);
            return Err(self.error(ErrorKind::TooLarge, start, detail));
        }
        Ok(small(self.tree.nodes.len()))
    }

    /// Reads what stands behind the name of the tag that starts at `tag`. Returns the byte behind the tag, and
    /// whether the element ends there.
    fn attributes(&mut self, mut at: usize, tag: u32, depth: u16) -> Result<(usize, bool), Error> {
        let (source, bytes) = (self.source, self.source.as_bytes());
        let first = self.tree.attributes.len();
        let mut count = 0;
        loop {
            let from = at;
            at = skip_space(bytes, at);
            match bytes.get(at) {
                Some(b'>') => return Ok((at + 1, false)),
                Some(b'/') if bytes.get(at + 1) == Some(&b'>') => return Ok((at + 2, true)),
                Some(_) => {}
                None => return Err(self.syntax(tag, "a tag is not closed")),
            }
            let start = small(at);
            let (end, plain) = name_end(bytes, at);
            if at == from || end == at {
                return Err(self.syntax(start, "white space and a name stand before an attribute"));
            }
            let name = source.get(at..end).unwrap_or_default();
            at = skip_space(bytes, end);
            if bytes.get(at) != Some(&b'=') {
                return Err(self.syntax(start, "an attribute has a value"));
            }
            at = skip_space(bytes, at + 1);
            let quote = bytes.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\''));
            let value_start = at + 1;
            let value = quote.zip(bytes.get(value_start..));
            let length = value.and_then(|(quote, value)| memchr::memchr(quote, value));
            let Some(length) = length else {
                return Err(self.syntax(start, "the value of an attribute stands in quotes"));
            };
            at = value_start + length + 1;
            count += 1;
            if count > self.options.max_attributes.min(10_000) {
                let detail = format!("an element has more than {} attributes", self.options.max_attributes);
                return Err(self.error(ErrorKind::TooLarge, start, detail));
            }
            let value = source.get(value_start..value_start + length).unwrap_or_default();
            self.attribute((name, plain), (start, value, small(value_start)), first, depth)?;
        }
    }

    fn attribute(
        &mut self,
        (name, plain): (&str, bool),
        (start, value, value_offset): (u32, &str, u32),
        first: usize,
        depth: u16,
    ) -> Result<(), Error> {
        let prefix_length = if plain { 0 } else { name.find(':').map_or(0, |at| at + 1) };
        let well_formed = plain
            || (text::is_name(name)
                && prefix_length != 1
                && name.get(prefix_length..).is_some_and(|local| !local.is_empty() && !local.contains(':')));
        if !well_formed {
            return Err(self.syntax(start, "the name of an attribute is not well-formed"));
        }
        // References, white space to be normalized, and what may not stand.
        let is_plain =
            value.bytes().fold(true, |plain, byte| plain & (byte >= b' ') & (byte != b'&') & (byte != b'<'));
        if !is_plain {
            if let Some(at) = memchr::memchr(b'<', value.as_bytes()) {
                let detail = "< must not stand in the value of an attribute";
                return Err(self.syntax(value_offset + small(at), detail));
            }
            if let Some(at) = text::bad_reference(value) {
                return Err(self.syntax(value_offset + small(at), BAD_REFERENCE));
            }
        }
        let value_length = small(value.len());
        let prefix = match name.strip_prefix("xmlns") {
            Some("") => Some((start, 0)),
            Some(prefix) if prefix_length == 6 => Some((start + 6, small(prefix.len() - 1))),
            _ => None,
        };
        if let Some(prefix) = prefix {
            return self.declare(prefix, value, value_offset, depth);
        }
        let known = self.tree.attributes.get(first..).unwrap_or_default();
        if known.iter().any(|other| other.name(self.source) == name) {
            return Err(self.error(ErrorKind::DuplicateKey, start, "an attribute stands twice"));
        }
        let Ok(name_length) = u16::try_from(name.len()) else {
            return Err(self.error(ErrorKind::TooLarge, start, "the name of an attribute is too long"));
        };
        self.tree.attributes.push(Attribute {
            name: start,
            value: value_offset,
            value_length,
            name_length,
            prefix_length: u8::try_from(prefix_length).unwrap_or(u8::MAX),
            is_plain,
        });
        Ok(())
    }

    fn declare(
        &mut self,
        prefix: (u32, u32),
        value: &str,
        value_offset: u32,
        depth: u16,
    ) -> Result<(), Error> {
        let name = slice(self.source, prefix.0, prefix.1);
        let same = |other: &Declaration| other.depth == depth && other.prefix(self.source) == name;
        if self.declarations.iter().rev().any(same) {
            return Err(self.error(ErrorKind::DuplicateKey, prefix.0, "a namespace is declared twice"));
        }
        let address = text::attribute_value(value);
        let reserved = matches!(name, "xml" | "xmlns");
        if reserved || (address.is_empty() && !name.is_empty()) {
            return Err(self.syntax(prefix.0, "a namespace must not be declared so"));
        }
        if self.declarations.len() >= MAX_DECLARATIONS {
            return Err(self.error(ErrorKind::TooLarge, prefix.0, "too many namespaces are declared"));
        }
        let namespace = namespace_of(&address);
        let address = (value_offset, small(value.len()));
        self.declarations.push(Declaration { prefix, address, namespace, depth });
        Ok(())
    }

    fn find(&self, prefix: &str) -> Option<Found> {
        let own = self
            .declarations
            .iter()
            .rev()
            .find(|other| other.prefix.1 as usize == prefix.len() && other.prefix(self.source) == prefix);
        if let Some(&declaration) = own {
            return Some(Found { namespace: declaration.namespace, declaration: Some(declaration) });
        }
        let around = self.around.iter().rev().find(|(other, _)| other == prefix);
        around.map(|(_, address)| Found { namespace: namespace_of(address), declaration: None })
    }

    /// Checks the prefixes of an element's attributes and takes hints for validators out. Returns where the
    /// prefixes were declared.
    fn resolve_attributes(&mut self, first: usize, start: u32) -> Result<Vec<Found>, Error> {
        let added = self.tree.attributes.get(first..).unwrap_or_default();
        if added.iter().all(|attribute| attribute.prefix_length == 0) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut kept = Vec::with_capacity(added.len());
        for &attribute in added {
            let name = attribute.name(self.source);
            let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
            if prefix.is_empty() || prefix == "xml" {
                kept.push(attribute);
                continue;
            }
            let Some(declared) = self.find(prefix) else {
                return Err(self.syntax(start, "the prefix of an attribute is not declared"));
            };
            found.push(declared);
            let is_hint = declared.namespace == Namespace::SchemaInstance
                && matches!(name.split_once(':'), Some((_, "schemaLocation" | "noNamespaceSchemaLocation")));
            if !is_hint {
                kept.push(attribute);
            }
        }
        self.tree.attributes.truncate(first);
        self.tree.attributes.extend(kept);
        Ok(found)
    }

    /// Notes what an element within markup needs that is declared outside of the markup.
    fn inherit(&mut self, markup: u32, depth: u16, element: Option<Found>, attributes: Vec<Found>) {
        for found in element.into_iter().chain(attributes) {
            let Some(declaration) = found.declaration.filter(|found| found.depth < depth) else { continue };
            let known = self.tree.inherited.iter().rev().take_while(|(node, _)| *node == markup);
            if known.clone().all(|(_, other)| other.prefix != declaration.prefix) {
                self.tree.inherited.push((markup, declaration));
            }
        }
    }

    /// The XML declaration, from behind `<?xml` on.
    fn declaration(&self, content: &str, start: u32) -> Result<(), Error> {
        if start != 0 {
            return Err(self.syntax(start, "the XML declaration stands at the start of the text"));
        }
        let Some([version, encoding, standalone]) = declared(content) else {
            return Err(self.syntax(start, "the XML declaration is not well-formed"));
        };
        let digits = version.and_then(|version| version.strip_prefix("1."));
        if digits.is_none_or(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(self.syntax(start, "the XML declaration names a version 1.x"));
        }
        if standalone.is_some_and(|standalone| !matches!(standalone, "yes" | "no")) {
            return Err(self.syntax(start, "the XML declaration is not well-formed"));
        }
        let Some(encoding) = encoding else { return Ok(()) };
        let known = ["utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be"];
        if known.iter().any(|known| encoding.eq_ignore_ascii_case(known)) {
            return Ok(());
        }
        let letters =
            encoding.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter));
        let name: String = letters.take(40).collect();
        let detail = format!("the encoding {name} is not read; UTF-8 and UTF-16 are");
        Err(self.error(ErrorKind::Encoding, start, detail))
    }

    #[cold]
    fn syntax(&self, offset: u32, detail: &str) -> Error {
        self.error(ErrorKind::Syntax, offset, detail)
    }

    #[cold]
    fn error(&self, kind: ErrorKind, offset: u32, detail: impl Into<String>) -> Error {
        let position = Position::of(self.source.as_bytes(), offset as usize);
        Error::new(kind, self.path(), Some(position), detail)
    }

    /// The names of the open elements, with an index where elements of the same name stand before.
    fn path(&self) -> String {
        let mut path = String::new();
        let mut parent = None;
        for index in self.open.iter().filter_map(|open| open.node) {
            let Some(node) = self.tree.node(index) else { break };
            let name = node.name(self.source);
            if !path.is_empty() {
                path.push('.');
            }
            path.extend(name.chars().take(64));
            if let Some(parent) = parent {
                let before = Children { tree: &self.tree, next: parent + 1, end: index };
                let same = before.filter(|(_, other)| other.is_element() && other.name(self.source) == name);
                let count = same.count();
                if count > 0 {
                    path.push_str(&format!("[{count}]"));
                }
            }
            parent = Some(index);
        }
        path
    }
}

const BAD_REFERENCE: &str =
    "& starts a reference to a character, or to amp, lt, gt, quot or apos; other entities are not allowed";

/// What a failure of the token reader means; its own words quote the text.
#[cold]
pub(super) fn broken(error: &quick_xml::Error, path: String, position: Position) -> Error {
    use quick_xml::errors::{Error as Broken, IllFormedError, SyntaxError};
    let detail = match error {
        Broken::Encoding(_) => {
            return Error::new(ErrorKind::Encoding, path, Some(position), "the text is not UTF-8");
        }
        Broken::Syntax(SyntaxError::UnclosedComment) => "a comment is not closed",
        Broken::Syntax(SyntaxError::UnclosedCData) => "a CDATA section is not closed",
        Broken::Syntax(SyntaxError::UnclosedDoctype) => "document types are not allowed",
        Broken::Syntax(SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl) => {
            "a processing instruction is not closed"
        }
        Broken::Syntax(_) => "a tag is not closed",
        Broken::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            "an end tag does not fit the element that is open"
        }
        Broken::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end tag closes nothing",
        Broken::IllFormed(IllFormedError::DoubleHyphenInComment) => "-- must not stand in a comment",
        Broken::IllFormed(IllFormedError::MissingDoctypeName) => "document types are not allowed",
        Broken::IllFormed(IllFormedError::UnclosedReference) => BAD_REFERENCE,
        _ => "the text is not well-formed",
    };
    Error::new(ErrorKind::Syntax, path, Some(position), detail)
}

/// The namespaces that the outermost element declares, which must be in FHIR's own.
pub(super) fn declarations(source: &str) -> Result<Vec<(String, String)>, Error> {
    let options = Options::default();
    text::check_characters(source)?;
    let mut parser = Parser {
        source,
        options: &options,
        comments: false,
        around: &[],
        tree: Tree::default(),
        open: Vec::new(),
        declarations: Vec::new(),
        markup: None,
        rooted: false,
    };
    parser.tag(0)?;
    if parser.tree.nodes.first().is_none_or(|node| node.namespace != Namespace::Fhir) {
        let detail = format!("the element is in the namespace {}", super::FHIR);
        return Err(parser.error(ErrorKind::UnknownElement, 0, detail));
    }
    let found = parser.declarations.iter().map(|declaration| {
        let address = text::attribute_value(declaration.address(source));
        (declaration.prefix(source).to_owned(), address.into_owned())
    });
    Ok(found.collect())
}

/// What a prefix means.
#[derive(Clone, Copy)]
struct Found {
    namespace: Namespace,
    /// Nothing where it is declared outside of the text.
    declaration: Option<Declaration>,
}

fn namespace_of(address: &str) -> Namespace {
    match address {
        super::FHIR => Namespace::Fhir,
        super::XHTML => Namespace::Xhtml,
        "http://www.w3.org/2001/XMLSchema-instance" => Namespace::SchemaInstance,
        "" => Namespace::None,
        _ => Namespace::Other,
    }
}

/// Where the name that starts at `at` ends, and whether it is of the plainest kind: letters and digits of ASCII.
fn name_end(bytes: &[u8], at: usize) -> (usize, bool) {
    let mut end = at;
    while bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        end += 1;
    }
    let first = bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    let ends = |byte: u8| matches!(byte, b'=' | b'/' | b'>' | b'<' | b'"' | b'\'') || text::is_space(byte);
    if first && bytes.get(end).is_none_or(|&byte| ends(byte)) {
        return (end, true);
    }
    while bytes.get(end).is_some_and(|&byte| !ends(byte)) {
        end += 1;
    }
    (end, false)
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|&byte| text::is_space(byte)) {
        at += 1;
    }
    at
}

/// The version, encoding and `standalone` of an XML declaration, which stand in this order.
fn declared(content: &str) -> Option<[Option<&str>; 3]> {
    let space = |letter: char| matches!(letter, ' ' | '\t' | '\n' | '\r');
    let mut found = [None; 3];
    let mut rest = content;
    for (name, value) in ["version", "encoding", "standalone"].into_iter().zip(&mut found) {
        let trimmed = rest.trim_start_matches(space);
        let Some(tail) = trimmed.strip_prefix(name).filter(|_| trimmed.len() < rest.len()) else { continue };
        let tail = tail.trim_start_matches(space).strip_prefix('=')?.trim_start_matches(space);
        let quote = tail.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (text, tail) = tail.get(1..)?.split_once(quote)?;
        *value = Some(text);
        rest = tail;
    }
    rest.trim_start_matches(space).is_empty().then_some(found)
}

/// Fits because texts of 2 GiB and more are refused.
fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
