//! The markup of narratives (<https://hl7.org/fhir/R4/narrative.html>): well-formed XHTML in one `div`, with the
//! elements and attributes that a narrative may have, and some text or an image.
//!
//! ```
//! use hygea_fhir_model::primitive::xhtml;
//!
//! assert!(xhtml::check("<div xmlns=\"http://www.w3.org/1999/xhtml\">Some <b>text</b></div>").is_ok());
//! let fault = xhtml::check("<div><script>alert()</script></div>").unwrap_err();
//! assert_eq!(fault.detail(), "a narrative has no such element");
//! assert_eq!(fault.offset(), 5);
//! ```

use std::fmt;

/// Elements that a narrative may have: the body of HTML 4.0 without forms, frames, scripts and objects.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

const ATTRIBUTES: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellhalign",
    "cellpadding",
    "cellspacing",
    "cellvalign",
    "char",
    "charoff",
    "charset",
    "cite",
    "class",
    "colspan",
    "compact",
    "coords",
    "dir",
    "frame",
    "headers",
    "height",
    "href",
    "hreflang",
    "hspace",
    "id",
    "lang",
    "longdesc",
    "name",
    "nowrap",
    "rel",
    "rev",
    "rowspan",
    "rules",
    "scope",
    "shape",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "tabindex",
    "title",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
    "xml:lang",
    "xml:space",
    "xmlns",
];

/// The deepest nesting of elements.
const MAX_DEPTH: usize = 200;

/// What is wrong with a narrative, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    offset: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FaultKind {
    Syntax,
    Entity,
    Element,
    Attribute,
    Link,
    Depth,
    Root,
    Empty,
}

impl Fault {
    /// What was wanted, in words.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self.kind {
            FaultKind::Syntax => "the markup of a narrative is well-formed XML",
            FaultKind::Entity => "a narrative has no entities but those of XML and numbers of characters",
            FaultKind::Element => "a narrative has no such element",
            FaultKind::Attribute => "an element of a narrative has no such attribute",
            FaultKind::Link => "a link of a narrative is a URL that runs nothing",
            FaultKind::Depth => "the elements of a narrative are nested too deeply",
            FaultKind::Root => "a narrative is one div of XHTML",
            FaultKind::Empty => "a narrative has some text or an image",
        }
    }

    /// The byte of the text where it was noticed.
    #[must_use]
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// Whether it is XML at all.
    #[must_use]
    pub const fn is_well_formed(self) -> bool {
        !matches!(self.kind, FaultKind::Syntax | FaultKind::Entity)
    }

    /// The invariant of `Narrative.div` that states the rule, as R4 numbers them.
    #[must_use]
    pub const fn key(self) -> Option<&'static str> {
        match self.kind {
            FaultKind::Element | FaultKind::Attribute | FaultKind::Root => Some("txt-1"),
            FaultKind::Empty => Some("txt-2"),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, byte {}", self.detail(), self.offset)
    }
}

impl std::error::Error for Fault {}

/// Checks a narrative.
///
/// # Errors
/// The first fault.
pub fn check(text: &str) -> Result<(), Fault> {
    let mut checker = Checker { text, at: 0, open: Vec::new(), content: false };
    checker.whole().map_err(|kind| Fault { kind, offset: checker.at })
}

struct Checker<'t> {
    text: &'t str,
    at: usize,
    open: Vec<&'t str>,
    content: bool,
}

impl<'t> Checker<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn whole(&mut self) -> Result<(), FaultKind> {
        let mut roots = 0_usize;
        while !self.rest().is_empty() {
            let rest = self.rest();
            let end = rest.find('<').unwrap_or(rest.len());
            self.characters(rest.get(..end).unwrap_or_default())?;
            self.at += end;
            let markup = self.rest();
            if markup.is_empty() {
                break;
            }
            if let Some(comment) = markup.strip_prefix("<!--") {
                self.at += 7 + comment.find("-->").ok_or(FaultKind::Syntax)?;
                continue;
            }
            if let Some(tag) = markup.strip_prefix("</") {
                let (name, _) = tag.split_once('>').ok_or(FaultKind::Syntax)?;
                if self.open.pop() != Some(name.trim_end()) {
                    return Err(FaultKind::Syntax);
                }
                self.at += 3 + name.len();
                continue;
            }
            if self.open.is_empty() {
                roots += 1;
                let is_div = markup.strip_prefix("<div").is_some_and(|after| {
                    after.starts_with(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/'))
                });
                if roots > 1 || !is_div {
                    return Err(FaultKind::Root);
                }
            }
            self.element()?;
        }
        match (self.open.is_empty(), roots, self.content) {
            (false, ..) => Err(FaultKind::Syntax),
            (true, 0, _) => Err(FaultKind::Root),
            (true, _, false) => Err(FaultKind::Empty),
            (true, _, true) => Ok(()),
        }
    }

    fn characters(&mut self, text: &str) -> Result<(), FaultKind> {
        if text.chars().any(|letter| !letter.is_whitespace()) {
            if self.open.is_empty() {
                return Err(FaultKind::Root);
            }
            self.content = true;
        }
        entities(text)
    }

    /// A start tag, with its attributes.
    fn element(&mut self) -> Result<(), FaultKind> {
        let after = self.rest().get(1..).unwrap_or_default();
        let end = after.find(|letter: char| !letter.is_ascii_alphanumeric()).ok_or(FaultKind::Syntax)?;
        let (name, mut rest) = after.split_at_checked(end).ok_or(FaultKind::Syntax)?;
        if ELEMENTS.binary_search(&name).is_err() {
            return Err(if name.is_empty() { FaultKind::Syntax } else { FaultKind::Element });
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(FaultKind::Depth);
        }
        self.content |= name == "img";
        loop {
            let trimmed = rest.trim_start();
            self.at = self.text.len() - trimmed.len();
            if trimmed.starts_with('>') {
                self.open.push(name);
                self.at += 1;
                return Ok(());
            }
            if trimmed.starts_with("/>") {
                self.at += 2;
                return Ok(());
            }
            // An attribute stands after white space.
            if trimmed.len() == rest.len() {
                return Err(FaultKind::Syntax);
            }
            rest = attribute(trimmed)?;
        }
    }
}

/// One attribute; what follows it.
fn attribute(text: &str) -> Result<&str, FaultKind> {
    let (name, after) = text.split_once('=').ok_or(FaultKind::Syntax)?;
    let name = name.trim_end();
    if ATTRIBUTES.binary_search(&name).is_err() {
        return Err(if name.contains(['<', '>']) { FaultKind::Syntax } else { FaultKind::Attribute });
    }
    let after = after.trim_start();
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or(FaultKind::Syntax)?;
    let (value, after) = after.get(1..).and_then(|after| after.split_once(quote)).ok_or(FaultKind::Syntax)?;
    if value.contains('<') {
        return Err(FaultKind::Syntax);
    }
    entities(value)?;
    if matches!(name, "href" | "src") && !is_link(value) {
        return Err(FaultKind::Link);
    }
    Ok(after)
}

fn entities(text: &str) -> Result<(), FaultKind> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').ok_or(FaultKind::Entity)?;
        let known = match entity.strip_prefix('#') {
            Some(code) => match code.strip_prefix('x') {
                Some(hex) => !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
                None => !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()),
            },
            None => matches!(entity, "amp" | "lt" | "gt" | "quot" | "apos"),
        };
        if !known {
            return Err(FaultKind::Entity);
        }
        rest = after;
    }
    Ok(())
}

/// Whether it is a link that leads somewhere and runs nothing.
fn is_link(link: &str) -> bool {
    let link = link.trim();
    let scheme: String =
        link.chars().filter(|letter| !letter.is_control() && !letter.is_whitespace()).take(11).collect();
    let runs = scheme.eq_ignore_ascii_case("javascript:");
    let broken = link.contains("://") && link.contains(['{', '}', '<', '>', '"', '\\', '^', '`', '|']);
    !runs && !broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narratives_are_checked() {
        use FaultKind as F;
        assert!(ELEMENTS.is_sorted() && ATTRIBUTES.is_sorted());
        for text in [
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">Some <b>text</b> &amp; more<br/></div>",
            "<div><img src=\"#x\" alt='y'/></div>",
            "<div><!-- note --><p>x &#160;&#xA0;</p></div>",
            " <div>x</div> ",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        let table: &[(&str, FaultKind, usize)] = &[
            ("", F::Root, 0),
            ("text", F::Root, 0),
            ("<div></div>", F::Empty, 11),
            ("<div/>", F::Empty, 6),
            ("<div>  </div>", F::Empty, 13),
            ("<p>x</p>", F::Root, 0),
            ("<divx>x</divx>", F::Root, 0),
            ("<div>x</div><div>y</div>", F::Root, 12),
            ("<div>x</div>y", F::Root, 12),
            ("<div><script>x</script></div>", F::Element, 5),
            ("<div onclick=\"x\">x</div>", F::Attribute, 5),
            ("<div><b>x</div></b>", F::Syntax, 9),
            ("<div>x", F::Syntax, 6),
            ("<div>a & b</div>", F::Entity, 5),
            ("<div>&nbsp;</div>", F::Entity, 5),
            ("<div>&#xZ;</div>", F::Entity, 5),
            ("<div><a href=\"javascript:x()\">x</a></div>", F::Link, 8),
            ("<div><a href=\" java\tscript:x()\">x</a></div>", F::Link, 8),
            ("<div><a href=\"http://a.b/{x}\">x</a></div>", F::Link, 8),
            ("<div><", F::Syntax, 5),
            ("<div x", F::Syntax, 5),
            ("<div><!-- x", F::Syntax, 5),
        ];
        for (text, kind, offset) in table {
            assert_eq!(check(text), Err(Fault { kind: *kind, offset: *offset }), "{text}");
        }
        assert_eq!(check(&"<div>".repeat(10_000)).map_err(|fault| fault.kind), Err(F::Depth));
    }
}
