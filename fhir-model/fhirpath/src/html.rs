//! The checks of narratives that `htmlChecks()` asks for (<https://hl7.org/fhir/R4/narrative.html>): well-formed
//! XHTML in one `div`, with the elements and attributes that a narrative may have, and some text or an image.

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

/// Whether the text is a narrative as FHIR wants it.
pub(crate) fn is_narrative(text: &str) -> bool {
    Checker { rest: text.trim(), open: Vec::new(), content: false }.check().is_some_and(|content| content)
}

struct Checker<'t> {
    rest: &'t str,
    open: Vec<&'t str>,
    content: bool,
}

impl<'t> Checker<'t> {
    /// Whether there is content; nothing if a rule is broken.
    fn check(mut self) -> Option<bool> {
        let mut first = true;
        while !self.rest.is_empty() {
            let (text, markup) =
                self.rest.split_at_checked(self.rest.find('<').unwrap_or(self.rest.len()))?;
            self.text(text)?;
            self.rest = markup;
            if markup.is_empty() {
                break;
            }
            // Nothing may stand before or after the outer div.
            if self.open.is_empty() && !first && !markup.starts_with("<!--") {
                return None;
            }
            if let Some(comment) = markup.strip_prefix("<!--") {
                self.rest = comment.split_once("-->")?.1;
                continue;
            }
            if let Some(end) = markup.strip_prefix("</") {
                let (name, rest) = end.split_once('>')?;
                self.rest = rest;
                if self.open.pop()? != name.trim_end() {
                    return None;
                }
                continue;
            }
            self.element()?;
            if first && self.open.first() != Some(&"div") {
                return None;
            }
            first = false;
        }
        (self.open.is_empty() && !first).then_some(self.content)
    }

    fn text(&mut self, text: &str) -> Option<()> {
        if !text.trim().is_empty() {
            if self.open.is_empty() {
                return None;
            }
            self.content = true;
        }
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('&') {
            let (entity, after) = after.split_once(';')?;
            let known = entity.strip_prefix('#').map_or_else(
                || !entity.is_empty() && entity.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                |code| code.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x') && !code.is_empty(),
            );
            if !known {
                return None;
            }
            rest = after;
        }
        Some(())
    }

    /// A start tag, with its attributes.
    fn element(&mut self) -> Option<()> {
        let after = self.rest.strip_prefix('<')?;
        let end = after.find(|c: char| !c.is_ascii_alphanumeric())?;
        let (name, mut rest) = after.split_at_checked(end)?;
        if ELEMENTS.binary_search(&name).is_err() || self.open.len() >= MAX_DEPTH {
            return None;
        }
        self.content |= name == "img";
        loop {
            let trimmed = rest.trim_start();
            if let Some(after) = trimmed.strip_prefix('>') {
                self.open.push(name);
                self.rest = after;
                return Some(());
            }
            if let Some(after) = trimmed.strip_prefix("/>") {
                self.rest = after;
                return Some(());
            }
            // An attribute stands after white space.
            if trimmed.len() == rest.len() {
                return None;
            }
            let (attribute, after) = trimmed.split_once('=')?;
            let attribute = attribute.trim_end();
            if ATTRIBUTES.binary_search(&attribute).is_err() {
                return None;
            }
            let after = after.trim_start();
            let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, after) = after.get(1..)?.split_once(quote)?;
            if value.contains('<') || (attribute == "href" && is_script(value)) {
                return None;
            }
            rest = after;
        }
    }
}

/// Whether a link would run something.
fn is_script(link: &str) -> bool {
    link.trim_start().get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case("javascript:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narratives_are_checked() {
        assert!(ELEMENTS.is_sorted() && ATTRIBUTES.is_sorted());
        for text in [
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">Some <b>text</b> &amp; more<br/></div>",
            "<div><img src=\"#x\" alt='y'/></div>",
            "<div><!-- note --><p>x</p></div>",
        ] {
            assert!(is_narrative(text), "{text}");
        }
        for text in [
            "",
            "text",
            "<div></div>",
            "<div>  </div>",
            "<p>x</p>",
            "<div>x</div><div>y</div>",
            "<div><script>x</script></div>",
            "<div onclick=\"x\">x</div>",
            "<div><b>x</div></b>",
            "<div>x",
            "<div>a & b</div>",
            "<div><a href=\"javascript:x()\">x</a></div>",
            "<div><",
        ] {
            assert!(!is_narrative(text), "{text}");
        }
        assert!(!is_narrative(&"<div>".repeat(10_000)));
    }
}
