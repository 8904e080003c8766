//! Required bindings (<https://hl7.org/fhir/R4/terminologies.html#required>).

use super::{Name, Schema, Version};
use std::fmt;

/// A required binding whose codes FHIR itself enumerates.
pub struct Binding {
    pub(crate) value_set: Name,
    pub(crate) first_code: u16,
    pub(crate) code_count: u16,
    pub(crate) version: Version,
}

impl Binding {
    /// The canonical URL of the value set, without a version.
    #[must_use]
    pub fn value_set(&self) -> &'static str {
        self.value_set.of(Schema::tables(self.version))
    }

    /// The codes, sorted. One that several systems define stands as many times.
    pub fn codes(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        let schema = Schema::tables(self.version);
        self.rows().iter().map(|row| row.code.of(schema))
    }

    /// The codes, sorted, each with the URI of its system in front.
    pub fn codings(&self) -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + use<> {
        let schema = Schema::tables(self.version);
        self.rows().iter().map(|row| (row.system(schema), row.code.of(schema)))
    }

    /// Whether `code` is one of them, of whatever system: what an element of the type `code` may hold.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        let schema = Schema::tables(self.version);
        self.rows().binary_search_by(|row| row.code.of(schema).cmp(code)).is_ok()
    }

    /// Whether `code` of `system` is one of them: what a Coding or CodeableConcept may hold.
    #[must_use]
    pub fn contains_coding(&self, system: &str, code: &str) -> bool {
        let schema = Schema::tables(self.version);
        let order =
            |row: &BoundCode| row.code.of(schema).cmp(code).then_with(|| row.system(schema).cmp(system));
        self.rows().binary_search_by(order).is_ok()
    }

    fn rows(&self) -> &'static [BoundCode] {
        let start = usize::from(self.first_code);
        let schema = Schema::tables(self.version);
        schema.codes.get(start..start + usize::from(self.code_count)).unwrap_or_default()
    }
}

/// A code of a binding.
pub(crate) struct BoundCode {
    pub(crate) code: Name,
    /// Index in [`Schema::systems`].
    pub(crate) system: u16,
}

impl BoundCode {
    fn system(&self, schema: &'static Schema) -> &'static str {
        schema.systems.get(usize::from(self.system)).map_or("", |system| system.of(schema))
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} codes)", self.value_set(), self.code_count)
    }
}
