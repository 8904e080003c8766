//! What is recorded of a call: who did what to which resource, and how it ended. Never a body, never a query's values.

use crate::exchange::Exchange;
use crate::time::instant;
use hygea_fhir_model::json::Object;
use hygea_store::Key;

/// The audit record of a call that is under way.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    fields: Object,
    resource: Option<(String, Option<String>)>,
}

impl Trail {
    pub(crate) fn new(
        exchange: &Exchange<'_>,
        operation: &'static str,
        kind: Option<&str>,
        id: Option<&str>,
    ) -> Self {
        let mut fields = Object::new()
            .with("time", instant(exchange.now()))
            .with("resourceId", exchange.scope.as_str())
            .with("operationName", operation)
            .with("principal", exchange.principal.id.as_str());
        for (name, value) in
            [("correlationId", &exchange.call.correlation), ("callerIpAddress", &exchange.call.remote)]
        {
            if let Some(value) = value {
                fields.insert(name, value.as_str());
            }
        }
        Self { fields, resource: kind.map(|kind| (kind.to_owned(), id.map(str::to_owned))) }
    }

    /// The record of a call that ended with `status`.
    pub(crate) fn record(&self, status: u16) -> Vec<u8> {
        let (kind, id) = match &self.resource {
            Some((kind, id)) => (Some(kind.as_str()), id.as_deref()),
            None => (None, None),
        };
        self.ended(kind, id, status)
    }

    /// As [`Trail::record`], for the resource that a write went to.
    pub(crate) fn record_of(&self, key: &Key, status: u16) -> Vec<u8> {
        self.ended(Some(key.kind()), Some(key.id()), status)
    }

    fn ended(&self, kind: Option<&str>, id: Option<&str>, status: u16) -> Vec<u8> {
        let result = if status < 400 { "Succeeded" } else { "Failed" };
        let fields = self
            .fields
            .clone()
            .with_some("resourceType", kind)
            .with_some("resourceIdentity", id)
            .with("resultType", result)
            .with("statusCode", status);
        hygea_fhir_model::json::Value::from(fields).to_json().into_bytes()
    }
}
