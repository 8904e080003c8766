//! One pass over the member names of a message tells which templates can match it at all.
//!
//! Each name that a match expression needs has a bit; the bits of the names in the message are collected
//! once, and a template whose needs are not among them is passed over without being evaluated.

use crate::expression::Needs;
use hygea_fhir_model::json::{Kind, Node};

/// Names beyond this many have no bit: their templates are evaluated more often than they must.
const MAX_NAMES: usize = 128;
/// For so few templates the pass costs more than it saves.
const MIN_TEMPLATES: usize = 3;

/// The needs of a mapping's templates as bits.
#[derive(Debug)]
pub(crate) struct Prefilter {
    names: Vec<Box<str>>,
    /// By a hash of a name: one more than the index of the first such name, and for each name the next one's.
    heads: Box<[u8; 256]>,
    next: Vec<u8>,
    /// Of each template the alternatives, one of which must be there.
    needs: Vec<Vec<u128>>,
}

impl Prefilter {
    pub(crate) fn new<'e>(needs: impl Iterator<Item = Option<Needs<'e>>>) -> Self {
        let mut prefilter =
            Self { names: Vec::new(), heads: Box::new([0; 256]), next: Vec::new(), needs: Vec::new() };
        for needs in needs {
            let alternatives = needs.map_or_else(|| vec![Vec::new()], |needs| needs.alternatives);
            let masks = alternatives
                .iter()
                .map(|names| names.iter().fold(0, |mask, name| mask | prefilter.bit(name)));
            let masks: Vec<u128> = masks.collect();
            prefilter.needs.push(masks);
        }
        prefilter
    }

    /// Whether the pass is worth its cost.
    pub(crate) fn is_useful(&self) -> bool {
        self.needs.len() >= MIN_TEMPLATES && !self.names.is_empty()
    }

    /// The bits of all names in the message.
    pub(crate) fn present(&self, root: Node<'_>) -> u128 {
        let mut present = 0;
        self.collect(root, &mut present);
        present
    }

    /// Whether the template at `index` can match a message with these names.
    pub(crate) fn allows(&self, index: usize, present: u128) -> bool {
        self.needs.get(index).is_none_or(|masks| masks.iter().any(|mask| mask & present == *mask))
    }

    fn collect(&self, node: Node<'_>, present: &mut u128) {
        match node.kind() {
            Kind::Object => {
                for (name, value) in node.members() {
                    *present |= self.find(name);
                    self.collect(value, present);
                }
            }
            Kind::Array => node.items().for_each(|item| self.collect(item, present)),
            _ => {}
        }
    }

    #[inline]
    fn find(&self, name: &str) -> u128 {
        let mut at = self.heads.get(usize::from(hash(name))).copied().unwrap_or(0);
        while let Some(index) = usize::from(at).checked_sub(1) {
            if self.names.get(index).is_some_and(|known| **known == *name) {
                return 1 << index;
            }
            at = self.next.get(index).copied().unwrap_or(0);
        }
        0
    }

    /// The bit of a name that a template needs; none if there are too many names.
    fn bit(&mut self, name: &str) -> u128 {
        let found = self.find(name);
        if found != 0 || self.names.len() >= MAX_NAMES {
            return found;
        }
        let index = self.names.len();
        self.names.push(name.into());
        let head = self.heads.get_mut(usize::from(hash(name)));
        let first = head.map(|head| std::mem::replace(head, u8::try_from(index + 1).unwrap_or(0)));
        self.next.push(first.unwrap_or(0));
        1 << index
    }
}

/// A hash of the length and three bytes of a name, enough for names that people choose.
#[inline]
fn hash(name: &str) -> u8 {
    let bytes = name.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let length = u8::try_from(bytes.len() & 0xff).unwrap_or(0);
    let middle = at(bytes.len() / 2);
    let last = bytes.last().copied().unwrap_or(0);
    length
        .wrapping_mul(31)
        .wrapping_add(at(0))
        .wrapping_mul(31)
        .wrapping_add(middle)
        .wrapping_mul(31)
        .wrapping_add(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Expression, Language};
    use hygea_fhir_model::json::Document;

    #[test]
    fn templates_are_ruled_out_by_their_names() {
        let expressions: Vec<Expression> =
            ["$..[?(@hr)]", "$..[?(@sys && @dia)]", "$..[?(@x || @dia)]", "$..*"]
                .iter()
                .map(|text| Expression::compile(text, Language::JsonPath).unwrap())
                .collect();
        let prefilter = Prefilter::new(expressions.iter().map(|expression| Some(expression.needs())));
        assert!(prefilter.is_useful());
        for (text, expected) in [
            (r#"{"Body": {"hr": 1}}"#, [true, false, false, true]),
            (r#"{"Body": [{"sys": 1}, {"dia": 1}]}"#, [false, true, true, true]),
            (r#"{"Body": {"x": {"sys": {}}}}"#, [false, false, true, true]),
            ("{}", [false, false, false, true]),
        ] {
            let document = Document::parse(text.as_bytes()).unwrap();
            let present = prefilter.present(document.root());
            let allowed = [0, 1, 2, 3].map(|index| prefilter.allows(index, present));
            assert_eq!(allowed, expected, "{text}");
        }
    }

    #[test]
    fn more_names_than_bits_rule_out_nothing_wrongly() {
        let texts: Vec<String> = (0..300).map(|index| format!("$..[?(@name{index})]")).collect();
        let expressions: Vec<Expression> =
            texts.iter().map(|text| Expression::compile(text, Language::JsonPath).unwrap()).collect();
        let prefilter = Prefilter::new(expressions.iter().map(|expression| Some(expression.needs())));
        let document = Document::parse(br#"{"name5": 1, "name250": 2}"#).unwrap();
        let present = prefilter.present(document.root());
        assert!(prefilter.allows(5, present) && prefilter.allows(250, present));
        assert!(!prefilter.allows(6, present) && prefilter.allows(251, present));
    }
}
