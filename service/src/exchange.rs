//! One call on its way through a service: when, under which address, what the caller may do, what is recorded.

use crate::access::Access;
use crate::address::encode_query;
use crate::audit::{Action, Trail};
use crate::call::Call;
use crate::error::{Error, ErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hygea_store::Cursor;

/// The circumstances of one call to one service.
#[derive(Debug)]
pub(crate) struct Exchange<'c> {
    call: &'c Call,
    access: &'c Access,
    /// The resource id of the service in the hierarchy: the scope of decisions.
    scope: &'c str,
    base: String,
    now: i64,
}

impl<'c> Exchange<'c> {
    pub(crate) fn new(call: &'c Call, access: &'c Access, scope: &'c str, base: String, now: i64) -> Self {
        Self { call, access, scope, base, now }
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

    /// Refuses what the caller may not do.
    pub(crate) fn allow(&self, action: Action) -> Result<(), Error> {
        self.access.allow(self.call, self.scope, action)
    }

    /// What the audit record of this call will say.
    pub(crate) fn trail(&self, action: Option<Action>, kind: Option<&str>, id: Option<&str>) -> Trail {
        Trail::new(self.call, self.access, self.scope, self.now, action, kind, id)
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
