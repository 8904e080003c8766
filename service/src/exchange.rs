//! One call on its way through a service: when, under which address, what the caller may do, what is recorded.

use crate::address::encode_query;
use crate::audit::Trail;
use crate::call::Call;
use crate::error::{Error, ErrorKind};
use crate::services::Hierarchy;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hygea_store::Cursor;
use hygea_workspace::ResourceId;
use hygea_workspace::access::{Decision, DicomAction, FhirInteraction, Plane, Principal};
use std::sync::Arc;

/// The circumstances of one call to one service.
#[derive(Debug)]
pub(crate) struct Exchange<'c> {
    pub(crate) call: &'c Call,
    pub(crate) principal: &'c Principal,
    hierarchy: Arc<Hierarchy>,
    /// The service in the hierarchy: the scope of decisions.
    pub(crate) scope: ResourceId,
    base: String,
    now: i64,
}

impl<'c> Exchange<'c> {
    pub(crate) fn new(
        call: &'c Call,
        principal: &'c Principal,
        hierarchy: Arc<Hierarchy>,
        scope: ResourceId,
        base: String,
        now: i64,
    ) -> Self {
        Self { call, principal, hierarchy, scope, base, now }
    }

    /// The same call as another service sees it that this one calls in turn.
    #[cfg(feature = "iomt")]
    pub(crate) fn of_service(&self, scope: ResourceId, base: String) -> Self {
        let hierarchy = Arc::clone(&self.hierarchy);
        Self { call: self.call, principal: self.principal, hierarchy, scope, base, now: self.now }
    }

    /// The absolute address of the service, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// When the call came, in microseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// A new id: UUIDs of version 7 grow with time, which keeps the index pages of new resources together.
    pub(crate) fn new_id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }

    /// Refuses an interaction with FHIR resources that the caller may not have.
    pub(crate) fn allow_fhir(&self, interaction: FhirInteraction, kind: Option<&str>) -> Result<(), Error> {
        granted(&self.hierarchy.policy.decide_fhir(self.principal, interaction, kind, &self.scope))
    }

    /// Refuses an action on DICOM instances that the caller may not take.
    pub(crate) fn allow_dicom(&self, action: DicomAction) -> Result<(), Error> {
        granted(&self.hierarchy.policy.decide(self.principal, Plane::Data, action.as_str(), &self.scope))
    }

    /// Refuses a data action, by its whole name, that the caller may not take.
    pub(crate) fn allow(&self, action: &str) -> Result<(), Error> {
        granted(&self.hierarchy.policy.decide(self.principal, Plane::Data, action, &self.scope))
    }

    /// What the audit record of this call will say.
    pub(crate) fn trail(&self, action: &'static str, kind: Option<&str>, id: Option<&str>) -> Trail {
        Trail::new(self, action, kind, id)
    }

    /// A cursor as text for an address.
    pub(crate) fn seal_cursor(&self, cursor: &Cursor) -> String {
        encode_query(&URL_SAFE_NO_PAD.encode(cursor.as_bytes()))
    }

    /// The cursor in an address.
    pub(crate) fn open_cursor(&self, text: &str) -> Result<Cursor, Error> {
        let wrong = || Error::new(ErrorKind::BadRequest, "_cursor is not one that this service gave out");
        URL_SAFE_NO_PAD.decode(text).map(Cursor::from_bytes).map_err(|_| wrong())
    }
}

fn granted(decision: &Decision) -> Result<(), Error> {
    match decision {
        // Access to a part of the data needs the filter in every plan; until it is there the whole is refused.
        Decision::Allow(_) if decision.filter().is_some() => {
            Err(Error::new(ErrorKind::Forbidden, "access to a part of the data is not served yet"))
        }
        Decision::Allow(_) => Ok(()),
        Decision::Deny(denial) => Err(Error::new(ErrorKind::Forbidden, denial.reason.to_string())),
    }
}
