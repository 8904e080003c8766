//! The part of FHIRPath that nearly all search parameters are written in, as data.
//!
//! `Observation.component.code`, `(Observation.value as Quantity)`, `Patient.telecom.where(system='email')` and
//! `Account.subject.where(resolve() is Patient)` select elements by walking down. Read as steps, many parameters
//! of a type can be answered in one walk over a resource; see [`crate::extract`]. What is not of this form is left to
//! FHIRPath itself. The matcher uses FHIRPath for everything, so that one can be tested against the other.

/// A step down from a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'e> {
    /// The children of a name.
    Child(&'e str),
    /// Those of a type: `as T`, `.as(T)`, `.ofType(T)`.
    As(&'e str),
    /// Those with a child of a name that has this text: `.where(system='email')`.
    Equals(&'e str, &'e str),
    /// References to a type of resource: `.where(resolve() is Patient)`.
    Resolves(&'e str),
}

/// The alternatives of an expression: what stands between `|` outside of brackets and texts.
pub(crate) fn branches(expression: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(expression);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        let bar = text.bytes().position(|byte| {
            if quoted {
                quoted = escaped || byte != b'\'';
                escaped = !escaped && byte == b'\\';
                return false;
            }
            match byte {
                b'\'' => quoted = true,
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            byte == b'|' && depth == 0
        });
        let (branch, tail) = match bar.and_then(|bar| text.split_at_checked(bar)) {
            Some((branch, tail)) => (branch, tail.get(1..)),
            None => (text, None),
        };
        rest = tail;
        Some(branch.trim())
    })
    .filter(|branch| !branch.is_empty())
}

/// The first name of a branch: the type that it starts from, or an element of the resource.
pub(crate) fn first_name(branch: &str) -> &str {
    let text = branch.trim_start_matches(['(', ' ']);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Reads a branch as steps from a resource of the type `base`, or from an element if the branch does not name the
/// type. Nothing if the branch is more than steps.
pub(crate) fn steps<'e>(branch: &'e str, base: &str) -> Option<Vec<Step<'e>>> {
    let mut reader = Reader { rest: branch, brackets: 0 };
    let mut steps = Vec::new();
    reader.alternative(base, &mut steps)?;
    reader.space();
    reader.rest.is_empty().then_some(steps)
}

/// The deepest nesting of brackets that is read.
const BRACKETS: u32 = 16;

struct Reader<'e> {
    rest: &'e str,
    brackets: u32,
}

impl<'e> Reader<'e> {
    /// `path`, `path as T`, or one of these in brackets and steps behind it.
    fn alternative(&mut self, base: &str, steps: &mut Vec<Step<'e>>) -> Option<()> {
        self.space();
        if self.eat("(") {
            self.brackets += 1;
            if self.brackets > BRACKETS {
                return None;
            }
            self.alternative(base, steps)?;
            self.space();
            if !self.eat(")") {
                return None;
            }
        } else {
            let name = self.name()?;
            if name != base {
                steps.push(Step::Child(name));
            }
        }
        self.calls(steps)?;
        self.space();
        if self.word("as") {
            self.space();
            steps.push(Step::As(self.name()?));
        }
        Some(())
    }

    fn calls(&mut self, steps: &mut Vec<Step<'e>>) -> Option<()> {
        while self.eat(".") {
            let name = self.name()?;
            if !self.eat("(") {
                steps.push(Step::Child(name));
                continue;
            }
            self.space();
            steps.push(match name {
                "as" | "ofType" => Step::As(self.name()?),
                "where" => self.condition()?,
                _ => return None,
            });
            self.space();
            if !self.eat(")") {
                return None;
            }
        }
        Some(())
    }

    fn condition(&mut self) -> Option<Step<'e>> {
        let name = self.name()?;
        if name == "resolve" {
            if !self.eat("()") {
                return None;
            }
            self.space();
            if !self.word("is") {
                return None;
            }
            self.space();
            return self.name().map(Step::Resolves);
        }
        self.space();
        if !self.eat("=") {
            return None;
        }
        self.space();
        let (text, rest) = self.rest.strip_prefix('\'')?.split_once('\'')?;
        self.rest = rest;
        (!text.contains('\\')).then_some(Step::Equals(name, text))
    }

    fn name(&mut self) -> Option<&'e str> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(name)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, text: &str) -> bool {
        self.rest.strip_prefix(text).map(|rest| self.rest = rest).is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        let behind = self.rest.strip_prefix(word).filter(|rest| rest.starts_with(char::is_whitespace));
        behind.map(|rest| self.rest = rest).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Step::{As, Child, Equals, Resolves};
    use super::*;

    #[test]
    fn alternatives_are_split_outside_of_brackets_and_texts() {
        let cases: &[(&str, &[&str])] = &[
            ("Patient.name", &["Patient.name"]),
            ("A.b | (A.c as d) |A.e", &["A.b", "(A.c as d)", "A.e"]),
            ("A.where(x = 'a|b' | c).d | A.e", &["A.where(x = 'a|b' | c).d", "A.e"]),
            ("A.where(x='\\'|') | B", &["A.where(x='\\'|')", "B"]),
            ("", &[]),
            (" | ", &[]),
        ];
        for (expression, wanted) in cases {
            assert_eq!(branches(expression).collect::<Vec<_>>(), *wanted, "{expression}");
        }
        assert_eq!(["(A.b as c)", "A.b", "name", "(( A.x))"].map(first_name), ["A", "A", "name", "A"]);
    }

    #[test]
    fn plain_paths_become_steps() {
        let cases: &[(&str, &[Step<'_>])] = &[
            ("Observation", &[]),
            ("Observation.component.code", &[Child("component"), Child("code")]),
            ("(Observation.value as Quantity)", &[Child("value"), As("Quantity")]),
            (
                "(Observation.value as CodeableConcept).text",
                &[Child("value"), As("CodeableConcept"), Child("text")],
            ),
            ("Condition.onset.as(Age)", &[Child("onset"), As("Age")]),
            ("Condition.onset.ofType( Age )", &[Child("onset"), As("Age")]),
            ("value.as(Quantity)", &[Child("value"), As("Quantity")]),
            ("Patient.telecom.where(system='email')", &[Child("telecom"), Equals("system", "email")]),
            (
                "Library.relatedArtifact.where(type = 'successor').resource",
                &[Child("relatedArtifact"), Equals("type", "successor"), Child("resource")],
            ),
            ("Account.subject.where(resolve() is Patient)", &[Child("subject"), Resolves("Patient")]),
        ];
        for (branch, wanted) in cases {
            let base = first_name(branch);
            let base = if base.starts_with(char::is_uppercase) { base } else { "Observation" };
            assert_eq!(steps(branch, base).as_deref(), Some(*wanted), "{branch}");
        }
    }

    #[test]
    fn what_is_more_than_steps_is_left_to_fhirpath() {
        let cases = [
            "Patient.deceased.exists() and Patient.deceased != false",
            "Bundle.entry[0].resource",
            "Patient.name.first()",
            "(Patient.name",
            "Patient.name)",
            "Patient.where(a='b\\'c').d",
            "Patient.where(a!='b').d",
            "Patient.where(resolve() is Patient or true)",
            "Patient..name",
            "Patient.",
            "",
            "'text'",
        ];
        for branch in cases {
            assert_eq!(steps(branch, "Patient"), None, "{branch}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_split_and_read(text in "[A-Za-z.()|' \\\\=]{0,40}") {
            for branch in branches(&text) {
                let _ = steps(branch, first_name(branch));
            }
        }
    }
}
