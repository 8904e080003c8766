//! From a JSON tree to XML, with the tables of a version in hand.

use super::place::Place;
use super::{FHIR, Options, XHTML, text, tree};
use crate::error::{Error, ErrorKind};
use crate::json::{Kind, Node};
use crate::schema::{FieldDef, FieldType, PrimitiveKind, Schema, TypeDef, TypeKind, Version};
use crate::validate::{Issue, Rule};
use std::borrow::Cow;

/// How XML is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Whether `<?xml version="1.0" encoding="UTF-8"?>` stands first; so unless switched off.
    pub declaration: bool,
    /// Whether each element has a line of its own, indented by two spaces a level; not unless switched on.
    pub indent: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { declaration: true, indent: false }
    }
}

/// What [`write_lossy`] made.
#[derive(Debug)]
pub struct Writing {
    /// The XML.
    pub text: String,
    /// What the XML does not say as the JSON did, with the positions in the JSON.
    pub losses: Vec<Issue>,
}

/// Writes a resource as XML: its elements in the order of their definition, without layout.
///
/// ```
/// # #[cfg(feature = "r4-schema")] {
/// use hygea_fhir_model::{json::Document, schema::{Schema, Version}, xml};
///
/// let document = Document::parse(
///     br#"{"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"b"},"name":[{"given":["Ann","Bea"]}]}"#,
/// ).unwrap();
/// assert_eq!(
///     xml::write(document.root(), Schema::of(Version::R4).unwrap()).unwrap(),
///     r#"<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><name><given value="Ann"/><given value="Bea"/></name><birthDate id="b" value="1970"/></Patient>"#,
/// );
/// # }
/// ```
///
/// # Errors
/// The first of the losses that [`write_lossy`] would list, and its errors.
pub fn write(resource: Node<'_>, schema: &'static Schema) -> Result<String, Error> {
    write_with(resource, schema, &Layout::default())
}

/// As [`write()`], with a chosen layout.
///
/// # Errors
/// As [`write()`].
pub fn write_with(resource: Node<'_>, schema: &'static Schema, layout: &Layout) -> Result<String, Error> {
    run(resource, schema, layout, true).map(|writing| writing.text)
}

/// Writes what XML can carry and lists the rest: members that the type does not have (left out), values whose JSON
/// type is not the element's (written; they are read back as the right type), arrays and objects in the wrong place,
/// empty arrays, characters that XML forbids (replaced by U+FFFD), narratives that are no XML (written as plain
/// text; HTML's named entities are written as characters, and a missing namespace is added).
///
/// # Errors
/// [`UnknownResourceType`](ErrorKind::UnknownResourceType) if it is no resource of the version, and
/// [`TooDeep`](ErrorKind::TooDeep) beyond 400 levels.
pub fn write_lossy(resource: Node<'_>, schema: &'static Schema, layout: &Layout) -> Result<Writing, Error> {
    run(resource, schema, layout, false)
}

fn run(resource: Node<'_>, schema: &'static Schema, layout: &Layout, strict: bool) -> Result<Writing, Error> {
    let found = resource.get("resourceType").and_then(Node::as_str);
    let Some(definition) = found.and_then(|name| schema.resource(name)) else {
        let detail = format!("resourceType must name a resource of FHIR {}", schema.version());
        let position = Some(resource.position());
        return Err(Error::new(ErrorKind::UnknownResourceType, "", position, detail));
    };
    let mut writing = Write {
        schema,
        layout,
        strict,
        out: String::with_capacity(resource.span().len() * 5 / 4 + 64),
        entries: Vec::with_capacity(64),
        losses: Vec::new(),
        depth: 0,
    };
    if layout.declaration {
        writing.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    }
    let place = Place { parent: None, name: definition.name(), index: None };
    writing.object((definition.name(), true), resource, definition, &place)?;
    if layout.indent {
        writing.out.push('\n');
    }
    Ok(Writing { text: writing.out, losses: writing.losses })
}

/// An element of an object: its member, and the one with an underscore.
#[derive(Clone, Copy)]
struct Entry<'d> {
    index: usize,
    choice: usize,
    field: &'static FieldDef,
    kind: &'static FieldType,
    value: Option<Node<'d>>,
    extra: Option<Node<'d>>,
}

/// Deeper than any resource; the documents that arrive here are usually bounded more tightly.
const MAX_DEPTH: usize = 400;

/// The most losses that are listed.
const MAX_LOSSES: usize = 100;

struct Write<'w, 'd> {
    schema: &'static Schema,
    layout: &'w Layout,
    strict: bool,
    out: String,
    /// The elements of all objects that are being written, innermost last.
    entries: Vec<Entry<'d>>,
    losses: Vec<Issue>,
    depth: usize,
}

type Outcome = Result<(), Error>;

impl<'d> Write<'_, 'd> {
    /// An object as the element `tag.0`, which declares the namespace if `tag.1` says so.
    fn object(
        &mut self,
        tag: (&str, bool),
        node: Node<'d>,
        definition: &'static TypeDef,
        place: &Place<'_>,
    ) -> Outcome {
        if self.depth >= MAX_DEPTH {
            let detail = "elements are nested too deeply";
            return Err(Error::new(ErrorKind::TooDeep, place.expression(), Some(node.position()), detail));
        }
        let base = self.entries.len();
        self.gather(node, definition, place)?;
        self.comments(node, place)?;
        self.line();
        self.out.push('<');
        self.out.push_str(tag.0);
        if tag.1 {
            self.out.push_str(" xmlns=\"");
            self.out.push_str(FHIR);
            self.out.push('"');
        }
        self.attributes(base, place)?;
        self.children(tag.0, base, place)?;
        self.entries.truncate(base);
        Ok(())
    }

    /// Ends the tag that is open, and the element after its children.
    fn children(&mut self, tag: &str, base: usize, place: &Place<'_>) -> Outcome {
        let start = self.out.len();
        self.out.push('>');
        self.depth += 1;
        let mut at = base;
        while let Some(&entry) = self.entries.get(at) {
            if !entry.field.is_attribute() {
                self.entry(&entry, place)?;
            }
            at += 1;
        }
        self.depth -= 1;
        if self.out.len() == start + 1 {
            self.out.truncate(start);
            self.out.push_str("/>");
        } else {
            self.line();
            self.out.push_str("</");
            self.out.push_str(tag);
            self.out.push('>');
        }
        Ok(())
    }

    /// Collects the elements of an object in the order of their definition.
    fn gather(&mut self, node: Node<'d>, definition: &'static TypeDef, place: &Place<'_>) -> Outcome {
        let base = self.entries.len();
        let members = definition.members();
        let mut next = 0;
        let mut sorted = true;
        let mut last = (0, 0);
        for (name, value) in node.members() {
            let bare = name.strip_prefix('_').unwrap_or(name);
            let Some(found) = members.find(bare, &mut next) else {
                let notation = match name {
                    "resourceType" => definition.is_resource(),
                    "fhir_comments" => self.schema.version() == Version::Dstu2,
                    _ => false,
                };
                if !notation {
                    let detail = format!("{} has no such element", definition.name());
                    self.loss(ErrorKind::UnknownElement, value, &place.child(name), detail)?;
                }
                continue;
            };
            let is_extra = bare.len() != name.len();
            if is_extra && found.kind.definition().kind() != TypeKind::Primitive {
                let detail = "only primitive elements have a member with an underscore";
                self.loss(ErrorKind::UnknownElement, value, &place.child(name), detail)?;
                continue;
            }
            let key = (found.index, found.choice);
            let own = self.entries.get_mut(base..).unwrap_or_default();
            let known = own.iter_mut().rev().find(|entry| (entry.index, entry.choice) == key);
            if let Some(entry) = known {
                let place_of_it = if is_extra { &mut entry.extra } else { &mut entry.value };
                if place_of_it.replace(value).is_some() {
                    let detail = "a member name stands twice in one object";
                    self.loss(ErrorKind::DuplicateKey, value, &place.child(name), detail)?;
                }
                continue;
            }
            sorted &= last <= key;
            last = key;
            self.entries.push(Entry {
                index: found.index,
                choice: found.choice,
                field: found.field,
                kind: found.kind,
                value: (!is_extra).then_some(value),
                extra: is_extra.then_some(value),
            });
        }
        if !sorted {
            let own = self.entries.get_mut(base..).unwrap_or_default();
            own.sort_by_key(|entry| (entry.index, entry.choice));
        }
        Ok(())
    }

    /// The elements that XML writes as attributes.
    fn attributes(&mut self, base: usize, place: &Place<'_>) -> Outcome {
        let mut at = base;
        while let Some(&entry) = self.entries.get(at) {
            at += 1;
            if !entry.field.is_attribute() {
                continue;
            }
            let place = &place.child(entry.field.name());
            if let Some(extra) = entry.extra {
                let detail = "an attribute of XML has no id and no extensions";
                self.loss(ErrorKind::UnknownElement, extra, place, detail)?;
            }
            let Some(value) = entry.value else { continue };
            if value.kind() != Kind::String {
                self.loss(ErrorKind::WrongType, value, place, "the element is a JSON string")?;
            }
            if let Some(text) = value.as_primitive() {
                self.attribute(entry.field.name(), text, value, place)?;
            }
        }
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str, node: Node<'d>, place: &Place<'_>) -> Outcome {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        if text::find_forbidden(value.as_bytes()).is_some() {
            self.loss(ErrorKind::InvalidPrimitive, node, place, "XML cannot hold a character of the value")?;
        }
        escape(&mut self.out, value);
        self.out.push('"');
        Ok(())
    }

    fn entry(&mut self, entry: &Entry<'d>, place: &Place<'_>) -> Outcome {
        let place = &place.child(entry.field.name());
        let definition = entry.kind.definition();
        if let Some(primitive) = definition.primitive() {
            return self.primitives(entry, primitive, place);
        }
        let Some(value) = entry.value else { return Ok(()) };
        if value.is_array() != entry.field.is_list() {
            self.loss(ErrorKind::WrongType, value, place, wanted_list(entry.field))?;
        }
        if value.is_array() && value.is_empty() {
            self.loss(ErrorKind::Empty, value, place, "an array is not empty")?;
        }
        for (at, item) in value.items_or_self().enumerate() {
            let place = &if value.is_array() { place.at(at) } else { *place };
            if !item.is_object() {
                let detail = format!("{} is a JSON object", definition.name());
                self.loss(ErrorKind::WrongType, item, place, detail)?;
            } else if definition.is_resource() {
                self.contained(entry.kind.json_name(), item, place)?;
            } else {
                self.object((entry.kind.json_name(), false), item, definition, place)?;
            }
        }
        Ok(())
    }

    /// A resource in the element around it.
    fn contained(&mut self, tag: &str, node: Node<'d>, place: &Place<'_>) -> Outcome {
        let found = node.get("resourceType").and_then(Node::as_str);
        let Some(definition) = found.and_then(|name| self.schema.resource(name)) else {
            let detail = format!("resourceType must name a resource of FHIR {}", self.schema.version());
            return self.loss(ErrorKind::UnknownResourceType, node, place, detail);
        };
        self.line();
        self.out.push('<');
        self.out.push_str(tag);
        self.out.push('>');
        self.depth += 1;
        self.object((definition.name(), false), node, definition, place)?;
        self.depth -= 1;
        self.line();
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
        Ok(())
    }

    fn primitives(&mut self, entry: &Entry<'d>, primitive: PrimitiveKind, place: &Place<'_>) -> Outcome {
        let list = entry.field.is_list();
        for part in [entry.value, entry.extra].into_iter().flatten() {
            if part.is_array() != list {
                self.loss(ErrorKind::WrongType, part, place, wanted_list(entry.field))?;
            }
            if part.is_array() && part.is_empty() {
                self.loss(ErrorKind::Empty, part, place, "an array is not empty")?;
            }
        }
        let mut values = entry.value.map(Node::items_or_self);
        let mut extras = entry.extra.map(Node::items_or_self);
        for at in 0.. {
            let value = values.as_mut().and_then(Iterator::next);
            let extra = extras.as_mut().and_then(Iterator::next);
            if value.is_none() && extra.is_none() {
                break;
            }
            let place = &if list { place.at(at) } else { *place };
            self.primitive(entry.kind, primitive, value, extra, place)?;
        }
        Ok(())
    }

    fn primitive(
        &mut self,
        kind: &'static FieldType,
        primitive: PrimitiveKind,
        value: Option<Node<'d>>,
        extra: Option<Node<'d>>,
        place: &Place<'_>,
    ) -> Outcome {
        let given = value.filter(|value| !value.is_null());
        let extra = extra.filter(|extra| !extra.is_null());
        if let Some(value) = given {
            let (wanted, detail) = json_kind(primitive);
            if value.kind() != wanted {
                self.loss(ErrorKind::WrongType, value, place, detail)?;
            }
        }
        if let Some(extra) = extra.filter(|extra| !extra.is_object()) {
            let detail = "the id and extensions of a primitive are a JSON object";
            self.loss(ErrorKind::WrongType, extra, place, detail)?;
        }
        if let Some(extra) = extra.filter(|extra| extra.is_object() && extra.is_empty()) {
            self.loss(ErrorKind::Empty, extra, place, "an object is not empty")?;
        }
        let extra = extra.filter(|extra| extra.is_object());
        let text = given.and_then(Node::as_primitive);
        if text.is_none() && extra.is_none() {
            return match value {
                Some(node) if node.is_null() => {
                    self.loss(ErrorKind::WrongType, node, place, "null stands where nothing is")
                }
                _ => Ok(()),
            };
        }
        if let Some(extra) = extra {
            self.comments(extra, place)?;
        }
        if primitive == PrimitiveKind::Xhtml {
            return self.markup(given.or(extra), text.unwrap_or_default(), extra, place);
        }
        let tag = kind.json_name();
        let base = self.entries.len();
        self.line();
        self.out.push('<');
        self.out.push_str(tag);
        if let Some(extra) = extra {
            if self.depth >= MAX_DEPTH {
                let detail = "elements are nested too deeply";
                return Err(Error::new(
                    ErrorKind::TooDeep,
                    place.expression(),
                    Some(extra.position()),
                    detail,
                ));
            }
            self.gather(extra, kind.definition(), place)?;
            self.attributes(base, place)?;
        }
        if let (Some(text), Some(node)) = (text, given) {
            self.attribute("value", text, node, place)?;
        }
        if self.entries.len() > base {
            self.children(tag, base, place)?;
            self.entries.truncate(base);
        } else {
            self.out.push_str("/>");
        }
        Ok(())
    }

    /// A narrative, which must be well-formed by itself.
    fn markup(
        &mut self,
        node: Option<Node<'d>>,
        text: &str,
        extra: Option<Node<'d>>,
        place: &Place<'_>,
    ) -> Outcome {
        let Some(node) = node else { return Ok(()) };
        if let Some(extra) = extra
            && extra.members().any(|(name, _)| name != "fhir_comments")
        {
            let detail = "a narrative has no id and no extensions beside it in XML";
            self.loss(ErrorKind::UnknownElement, extra, place, detail)?;
        }
        self.line();
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        if is_markup(text, false) {
            self.out.push_str(text);
            return Ok(());
        }
        let mut repaired = super::entity::replace(text).into_owned();
        if is_markup(&repaired, false) {
            let detail = "the narrative names entities that XML does not have";
            self.loss(ErrorKind::InvalidPrimitive, node, place, detail)?;
        } else if is_markup(&repaired, true) {
            let detail = "the narrative does not declare its namespace";
            self.loss(ErrorKind::InvalidPrimitive, node, place, detail)?;
            repaired.insert_str("<div".len(), &format!(" xmlns=\"{XHTML}\""));
        } else {
            self.loss(ErrorKind::InvalidPrimitive, node, place, "the narrative is no well-formed XML")?;
            repaired = format!("<div xmlns=\"{XHTML}\">");
            escape(&mut repaired, text);
            // What must not stand in text; escaped it holds no other brackets of this kind.
            repaired = repaired.replace("]]>", "]]&gt;");
            repaired.push_str("</div>");
        }
        self.out.push_str(&repaired);
        Ok(())
    }

    /// The comments of DSTU2, which stand before the element.
    fn comments(&mut self, node: Node<'d>, place: &Place<'_>) -> Outcome {
        if self.schema.version() != Version::Dstu2 {
            return Ok(());
        }
        let Some(comments) = node.get("fhir_comments") else { return Ok(()) };
        for comment in comments.items_or_self() {
            let text = comment.as_str().unwrap_or_default();
            let fits = !text.contains("--") && !text.ends_with('-');
            if comment.kind() != Kind::String || !fits || text::find_forbidden(text.as_bytes()).is_some() {
                let place = place.child("fhir_comments");
                self.loss(ErrorKind::InvalidPrimitive, comment, &place, "XML cannot hold the comment")?;
                continue;
            }
            self.line();
            self.out.push_str("<!--");
            self.out.push_str(text);
            self.out.push_str("-->");
        }
        Ok(())
    }

    /// Starts a line if there is layout.
    fn line(&mut self) {
        if self.layout.indent && !self.out.is_empty() {
            self.out.push('\n');
            for _ in 0..self.depth {
                self.out.push_str("  ");
            }
        }
    }

    /// Notes what XML does not carry; the end of it, if that is an error.
    #[cold]
    fn loss(
        &mut self,
        kind: ErrorKind,
        node: Node<'d>,
        place: &Place<'_>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Outcome {
        let detail = detail.into();
        if self.strict {
            return Err(Error::new(kind, place.expression(), Some(node.position()), detail));
        }
        if self.losses.len() < MAX_LOSSES {
            let issue = Issue::new(kind, Rule::Structure, place.expression(), node.span().start, detail);
            self.losses.push(issue.with_position(node.position()));
        }
        Ok(())
    }
}

fn wanted_list(field: &FieldDef) -> String {
    let name = field.name();
    if field.is_list() {
        format!("{name} repeats, so it is a JSON array")
    } else {
        format!("{name} stands once")
    }
}

fn json_kind(primitive: PrimitiveKind) -> (Kind, &'static str) {
    match primitive {
        PrimitiveKind::Boolean => (Kind::Bool, "the element is a JSON true or false"),
        PrimitiveKind::Decimal
        | PrimitiveKind::Integer
        | PrimitiveKind::PositiveInt
        | PrimitiveKind::UnsignedInt => (Kind::Number, "the element is a JSON number"),
        _ => (Kind::String, "the element is a JSON string"),
    }
}

/// Whether the text is one well-formed element of XHTML, or without a namespace where `bare` says so.
fn is_markup(markup: &str, bare: bool) -> bool {
    if !markup.starts_with('<') || (bare && !markup.starts_with("<div")) {
        return false;
    }
    let options = Options { max_depth: 1_000, ..Options::default() };
    let Ok(tree) = tree::parse(markup, &options, true) else { return false };
    let wanted = if bare { tree::Namespace::None } else { tree::Namespace::Xhtml };
    match tree.nodes.as_slice() {
        [only] => only.start == 0 && only.end as usize == markup.len() && only.namespace == wanted,
        _ => false,
    }
}

/// Writes the value of an attribute. What XML would read as a space is written as a reference.
fn escape(out: &mut String, value: &str) {
    let special = |byte: u8| matches!(byte, b'&' | b'<' | b'"') || byte < b' ';
    if !value.bytes().any(special) && !value.contains(['\u{FFFE}', '\u{FFFF}']) {
        return out.push_str(value);
    }
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            _ if text::is_character(character) => out.push(character),
            _ => out.push('\u{FFFD}'),
        }
    }
}
