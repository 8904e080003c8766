//! Which member names a message must hold for an expression to select anything at all.
//!
//! A mapping with fourteen templates tests fourteen match expressions on each message, of which one or two
//! select something. `$..[?(@systolic && @diastolic)]` can select nothing from a message without both names,
//! so one pass over the names of a message rules most templates out. A name counts only if the expression
//! cannot fail before it is looked for: an error must stay an error.

/// More alternatives than this are not worth telling apart.
const MAX_ALTERNATIVES: usize = 8;

/// Alternatives, one of whose sets of names must be in the message; and whether evaluating can fail.
#[derive(Debug, Clone)]
pub(crate) struct Needs<'e> {
    pub(crate) alternatives: Vec<Vec<&'e str>>,
    pub(super) fallible: bool,
}

impl<'e> Needs<'e> {
    /// Nothing is known.
    pub(crate) fn none() -> Self {
        Self { alternatives: vec![Vec::new()], fallible: true }
    }

    pub(super) fn nothing() -> Self {
        Self { alternatives: vec![Vec::new()], fallible: false }
    }

    pub(super) fn name(name: &'e str) -> Self {
        Self { alternatives: vec![vec![name]], fallible: false }
    }

    /// Both are needed; the second is looked for only if the first did not fail.
    pub(super) fn and(mut self, next: Self) -> Self {
        if self.fallible {
            return self;
        }
        self.fallible = next.fallible;
        if self.alternatives.len() * next.alternatives.len() > MAX_ALTERNATIVES {
            return self;
        }
        let mut product = Vec::new();
        for right in next.alternatives {
            for left in &self.alternatives {
                product.push([left.as_slice(), right.as_slice()].concat());
            }
        }
        self.alternatives = product;
        self
    }

    /// One of both is needed.
    pub(super) fn or(mut self, other: Self) -> Self {
        self.fallible |= other.fallible;
        self.alternatives.extend(other.alternatives);
        if self.alternatives.len() > MAX_ALTERNATIVES {
            self.alternatives = vec![Vec::new()];
        }
        self
    }

    pub(super) fn fallible(mut self, fallible: bool) -> Self {
        self.fallible |= fallible;
        self
    }
}
