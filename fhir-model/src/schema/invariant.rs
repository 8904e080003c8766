//! Invariants (<https://hl7.org/fhir/R4/conformance-rules.html#constraints>).

use super::{Name, Schema, Version};
use std::fmt;

/// A rule in FHIRPath that stands on a type or element.
pub struct Invariant {
    pub(crate) key: Name,
    /// Where the expression starts in [`Schema::invariant_text`]; the words follow it.
    pub(crate) text: u32,
    pub(crate) expression: u16,
    pub(crate) human: u16,
    pub(crate) flags: u8,
    pub(crate) version: Version,
}

impl Invariant {
    /// The name: `pat-1`. Not unique, even in one version: three different rules of R4 are called `inv-1`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key.of(Schema::tables(self.version))
    }

    /// The FHIRPath expression, which must not be false.
    #[must_use]
    pub fn expression(&self) -> &'static str {
        self.text(0, self.expression)
    }

    /// The rule in words.
    #[must_use]
    pub fn human(&self) -> &'static str {
        self.text(usize::from(self.expression), self.human)
    }

    /// Whether an instance that breaks the rule is wrong; otherwise it only deserves a warning.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the rule is good practice rather than a rule: `dom-6`, every resource should have a narrative.
    #[must_use]
    pub fn is_best_practice(&self) -> bool {
        self.flags & 2 != 0
    }

    /// A number below [`Schema::invariants`]`.len()` that is this row's alone in its version.
    #[must_use]
    pub fn index(&self) -> usize {
        let start = Schema::tables(self.version).invariants.as_ptr() as usize;
        (std::ptr::from_ref(self) as usize).wrapping_sub(start) / size_of::<Self>()
    }

    fn text(&self, skipped: usize, length: u16) -> &'static str {
        let start = self.text as usize + skipped;
        Schema::tables(self.version)
            .invariant_text
            .get(start..start + usize::from(length))
            .unwrap_or_default()
    }
}

impl fmt::Debug for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
