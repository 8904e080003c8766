//! Lists, in pages: `{value, nextLink}`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::fault::{self, Fault, Stop};
use super::{Done, Outcome, Work, render};
use crate::ResourceId;
use crate::json::Json;
use crate::kind::Kind;
use crate::uri;

impl Work<'_> {
    pub(super) fn list(&self, scope: &ResourceId, kind: Kind) -> Done {
        if scope.kind() != Some(Kind::Subscription) && self.view.resource(scope)?.is_none() {
            // As if a child of the missing scope had been asked for.
            let fault = match scope.kind() {
                Some(Kind::ResourceGroup) => fault::no_group(scope),
                _ => match self.absent(scope)? {
                    fault if fault.code == "ResourceNotFound" => {
                        fault::no_parent(&scope.child(kind, "list").unwrap_or_else(|_| scope.clone()), scope)
                    }
                    fault => fault,
                },
            };
            return Err(fault.into());
        }
        if self.request.parameter("$filter").is_some_and(|filter| !filter.is_empty()) {
            return Err(Fault::new(400, "InvalidFilter", "filters are not supported on this list")
                .on("$filter")
                .into());
        }
        let (after, size) = self.page()?;
        // One more than the page tells whether another page follows.
        let mut found = self.view.below(scope, Some(kind), after.as_deref(), size.saturating_add(1))?;
        let more = found.len() > size;
        found.truncate(size);
        let value = found.iter().map(|resource| render::resource(resource, self.context.settings)).collect();
        let mut body = Json::object([("value", Json::Array(value))]);
        if let Some(last) = found.last().filter(|_| more) {
            body.set("nextLink", self.next_link(last.id().key()));
        }
        Ok(Outcome::json(200, &body))
    }

    /// Where to go on, and how many resources to give.
    pub(super) fn page(&self) -> Result<(Option<String>, usize), Stop> {
        let most = self.context.settings.page_size.max(1);
        let size = match self.request.parameter("$top") {
            None => most,
            Some(text) => match text.parse::<usize>() {
                Ok(top) if top > 0 => top.min(most),
                _ => {
                    return Err(Fault::new(400, "InvalidTop", "expected a whole number above 0")
                        .on("$top")
                        .into());
                }
            },
        };
        let token = self.request.parameter("$skiptoken").filter(|token| !token.is_empty());
        let after = token.map(|token| {
            let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            key.ok_or_else(|| {
                Fault::new(400, "InvalidSkipToken", "the token is none of ours").on("$skipToken")
            })
        });
        Ok((after.transpose()?, size))
    }

    fn next_link(&self, after: &str) -> String {
        let mut query = format!("$skipToken={}", URL_SAFE_NO_PAD.encode(after));
        for (name, value) in uri::pairs(self.request.query).unwrap_or_default() {
            if !name.eq_ignore_ascii_case("$skiptoken") {
                query.push_str(&format!("&{}={}", uri::encode(&name), uri::encode(&value)));
            }
        }
        format!("{}{}?{query}", self.context.settings.management, self.request.path)
    }
}
