//! JSON as Json.NET reads it, made into JSON as the grammar has it.
//!
//! Devices and templates that were fed to the reference mapper may hold comments, single quotes, names
//! without quotes, commas before a closing bracket, NaN, and text after the first value. Such a text is
//! rewritten, once, when strict reading failed; `strict` mode never comes here.

/// The first value of `text` as strict JSON, or `None` where even lenient rules see no value. Whether the
/// result is JSON is for the reader to say.
pub(crate) fn rewrite(text: &str) -> Option<String> {
    let mut rewriter = Rewriter { text, at: 0, out: String::with_capacity(text.len()), open: Vec::new() };
    rewriter.value()?;
    Some(rewriter.out)
}

/// The deepest nesting that is followed; the reader refuses what is deeper than its own limit.
const MAX_DEPTH: usize = 1000;

struct Rewriter<'t> {
    text: &'t str,
    at: usize,
    out: String,
    /// The closing brackets that are due.
    open: Vec<char>,
}

impl Rewriter<'_> {
    fn value(&mut self) -> Option<()> {
        loop {
            self.blank();
            let character = self.peek()?;
            match character {
                '{' | '[' => {
                    if self.open.len() >= MAX_DEPTH {
                        return None;
                    }
                    self.open.push(if character == '{' { '}' } else { ']' });
                    self.copy(character);
                }
                '}' | ']' => {
                    if self.open.pop() != Some(character) {
                        return None;
                    }
                    self.drop_comma();
                    self.copy(character);
                }
                ',' | ':' if !self.open.is_empty() => self.copy(character),
                '"' | '\'' => self.string(character)?,
                _ => self.word()?,
            }
            if self.open.is_empty() {
                return Some(());
            }
        }
    }

    /// A string in either quotes, written with double ones.
    fn string(&mut self, quote: char) -> Option<()> {
        self.out.push('"');
        self.at += 1;
        loop {
            let character = self.peek()?;
            self.at += character.len_utf8();
            match character {
                _ if character == quote => break,
                '\\' => {
                    let escaped = self.peek()?;
                    self.at += escaped.len_utf8();
                    if escaped != '\'' {
                        self.out.push('\\');
                    }
                    self.out.push(escaped);
                }
                '"' => self.out.push_str("\\\""),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                _ => self.out.push(character),
            }
        }
        self.out.push('"');
        Some(())
    }

    /// A number, a word of JSON, a word of JavaScript's numbers, or a name without quotes.
    fn word(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let ends = |character: char| {
            character.is_whitespace()
                || matches!(character, ',' | ':' | '{' | '}' | '[' | ']' | '"' | '\'' | '/')
        };
        let end = rest.find(ends).unwrap_or(rest.len());
        let word = rest.get(..end).filter(|word| !word.is_empty())?;
        self.at += end;
        let name = self.is_name();
        match word {
            "true" | "false" | "null" if !name => self.out.push_str(word),
            "undefined" if !name => self.out.push_str("null"),
            // Strict JSON has no such numbers; their names are the text that a value of them has.
            "NaN" | "Infinity" | "-Infinity" if !name => self.quoted(word),
            _ if name => self.quoted(word),
            _ => self.out.push_str(word),
        }
        Some(())
    }

    fn quoted(&mut self, word: &str) {
        self.out.push('"');
        self.out.push_str(word);
        self.out.push('"');
    }

    /// Whether a colon follows in an object: then what stands before is a member's name.
    fn is_name(&mut self) -> bool {
        if self.open.last() != Some(&'}') {
            return false;
        }
        self.blank();
        self.peek() == Some(':')
    }

    /// Skips white space and comments; line ends are kept so that places stay on their lines.
    fn blank(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let skipped = if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else {
                rest.find(|character: char| !character.is_whitespace()).unwrap_or(rest.len())
            };
            if skipped == 0 {
                return;
            }
            let blank = rest.get(..skipped).unwrap_or_default();
            self.out.extend(blank.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
            self.at += skipped;
        }
    }

    /// Takes back a comma that stands before a closing bracket.
    fn drop_comma(&mut self) {
        let end = self.out.trim_end().len();
        if self.out.get(..end).is_some_and(|before| before.ends_with(',')) {
            self.out.replace_range(end - 1..end, " ");
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn copy(&mut self, character: char) {
        self.out.push(character);
        self.at += character.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_lenient_readers_take() {
        for (text, expected) in [
            (r#"{"a":1} trailing"#, Some(r#"{"a":1}"#)),
            (r#"{'a': 'it"s'}"#, Some(r#"{"a": "it\"s"}"#)),
            (r"['it\'s']", Some(r#"["it's"]"#)),
            ("{a: NaN, b: -Infinity}", Some(r#"{"a": "NaN", "b": "-Infinity"}"#)),
            ("[1, /* two */ 2, // three\n 3,]", Some("[1,           2,         \n 3 ]")),
            ("{\"a\": undefined}", Some("{\"a\": null}")),
            ("  12 34", Some("  12")),
            ("{true: 1}", Some("{\"true\": 1}")),
            ("[1}", None),
            ("", None),
            ("\"open", None),
        ] {
            assert_eq!(rewrite(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_rewritten_or_refused(text in "[\\[\\]{}:,'\"/*\\\\ a1\n\u{e9}-]{0,60}") {
            let _ = rewrite(&text);
        }

        #[test]
        fn strict_json_keeps_its_meaning(members in proptest::collection::vec(("[a-z\"'\\\\/]{0,6}", -9i32..9), 0..5)) {
            let mut map = serde_json::Map::new();
            for (name, value) in members {
                map.insert(name, value.into());
            }
            let text = serde_json::Value::Object(map.clone()).to_string();
            let rewritten = rewrite(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&rewritten).unwrap(), serde_json::Value::Object(map));
        }
    }
}
