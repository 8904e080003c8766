//! What each FHIR interaction needs (table c.3): any one of some sets of actions.

use super::action::FhirActions as A;

/// An interaction of a FHIR service, as far as rights tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FhirInteraction {
    /// read, vread, instance history.
    Read,
    /// Search of a type, a compartment or the system; type and system history.
    Search,
    /// create, and PUT with `If-None-Match: *`.
    Create,
    /// PUT with `If-Match`.
    Update,
    /// PUT that may create or update.
    Upsert,
    /// patch.
    Patch,
    /// delete, history kept.
    Delete,
    /// delete with history, and `$purge-history`.
    HardDelete,
    /// create with `If-None-Exist`.
    ConditionalCreate,
    /// PUT by search criteria.
    ConditionalUpdate,
    /// PATCH by search criteria.
    ConditionalPatch,
    /// DELETE by search criteria, history kept.
    ConditionalDelete,
    /// DELETE by search criteria, with history.
    ConditionalHardDelete,
    /// `$validate`.
    Validate,
    /// `$convert-data`.
    ConvertData,
    /// `$export`, its status and its files.
    Export,
    /// `$import` and its status.
    Import,
    /// `$reindex` and its status.
    Reindex,
    /// `$bulk-delete`.
    BulkDelete,
    /// `$bulk-delete` with history.
    BulkHardDelete,
    /// Status of a `$bulk-delete`.
    BulkDeleteStatus,
    /// `$bulk-update` and its status.
    BulkUpdate,
    /// Status update of a SearchParameter.
    SearchParameterStatus,
    /// `$everything`, `$member-match`, terminology operations and other reading ones.
    ReadOperation,
}

impl FhirInteraction {
    /// Every interaction.
    pub const ALL: [Self; 24] = [
        Self::Read,
        Self::Search,
        Self::Create,
        Self::Update,
        Self::Upsert,
        Self::Patch,
        Self::Delete,
        Self::HardDelete,
        Self::ConditionalCreate,
        Self::ConditionalUpdate,
        Self::ConditionalPatch,
        Self::ConditionalDelete,
        Self::ConditionalHardDelete,
        Self::Validate,
        Self::ConvertData,
        Self::Export,
        Self::Import,
        Self::Reindex,
        Self::BulkDelete,
        Self::BulkHardDelete,
        Self::BulkDeleteStatus,
        Self::BulkUpdate,
        Self::SearchParameterStatus,
        Self::ReadOperation,
    ];

    /// The sets of actions of which one suffices.
    #[must_use]
    pub fn requirement(self) -> &'static [A] {
        const UPSERT: A = A::CREATE.union(A::UPDATE);
        const READ_WRITE: A = A::READ.union(A::WRITE);
        const HARD: A = A::DELETE.union(A::HARD_DELETE);
        const SEARCH_CREATE: A = A::SEARCH.union(A::CREATE);
        const SEARCH_UPDATE: A = A::SEARCH.union(A::UPDATE);
        const SEARCH_UPSERT: A = A::SEARCH.union(UPSERT);
        const READ_DELETE: A = A::READ.union(A::DELETE);
        const SEARCH_DELETE: A = A::SEARCH.union(A::DELETE);
        const READ_HARD: A = A::READ.union(HARD);
        const SEARCH_HARD: A = A::SEARCH.union(HARD);
        const READ_PARTS: A = A::READ_BY_ID.union(A::SEARCH);
        match self {
            Self::Read => &[A::READ, A::READ_BY_ID],
            Self::Search => &[A::READ, A::SEARCH],
            Self::Create => &[A::WRITE, A::CREATE],
            Self::Update => &[A::WRITE, A::UPDATE],
            Self::Upsert => &[A::WRITE, UPSERT],
            Self::Patch => &[READ_WRITE, A::UPDATE],
            Self::Delete | Self::BulkDelete => &[A::DELETE],
            Self::HardDelete | Self::BulkHardDelete => &[HARD],
            Self::ConditionalCreate => &[READ_WRITE, SEARCH_CREATE],
            Self::ConditionalUpdate => &[READ_WRITE, SEARCH_UPSERT],
            Self::ConditionalPatch => &[READ_WRITE, SEARCH_UPDATE],
            Self::ConditionalDelete => &[READ_DELETE, SEARCH_DELETE],
            Self::ConditionalHardDelete => &[READ_HARD, SEARCH_HARD],
            Self::Validate => &[A::VALIDATE],
            Self::ConvertData => &[A::CONVERT_DATA],
            Self::Export => &[A::EXPORT],
            Self::Import => &[A::IMPORT],
            Self::Reindex => &[A::REINDEX],
            Self::BulkDeleteStatus => &[A::READ],
            Self::BulkUpdate => &[A::BULK_OPERATOR],
            Self::SearchParameterStatus => &[A::SEARCH_PARAMETER],
            Self::ReadOperation => &[A::READ, READ_PARTS],
        }
    }

    /// Whether this writes resources, so that writing a profile needs the right to edit profiles too.
    #[must_use]
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Update
                | Self::Upsert
                | Self::Patch
                | Self::Delete
                | Self::HardDelete
                | Self::ConditionalCreate
                | Self::ConditionalUpdate
                | Self::ConditionalPatch
                | Self::ConditionalDelete
                | Self::ConditionalHardDelete
        )
    }

    /// What this needs on a resource type, given the actions that are granted: `None` if they do not suffice.
    pub(super) fn satisfied_by(self, granted: A, resource_type: Option<&str>) -> Option<A> {
        let profile = self.is_write()
            && resource_type
                .is_some_and(|name| matches!(name, "StructureDefinition" | "ValueSet" | "CodeSystem"));
        let extra = if profile { A::EDIT_PROFILES } else { A::NONE };
        let granted = granted.expanded();
        self.requirement().iter().map(|needed| needed.union(extra)).find(|needed| granted.contains(*needed))
    }
}
