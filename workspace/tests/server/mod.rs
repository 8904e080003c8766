//! A management server in memory: requests in, answers out, changes applied.
#![allow(dead_code, reason = "each test uses what it needs")]

use hygea_workspace::access::{Policy, Principal, PrincipalType, role_id};
use hygea_workspace::manage::{CheckMapping, Context, ManagementRequest, Method, Outcome, handle};
use hygea_workspace::{Directory, ResourceId, Settings, Timestamp};
use serde_json::Value;

pub(crate) const SUB: &str = "/subscriptions/00000000-0000-0000-0000-000000000000";

pub(crate) struct Server {
    pub(crate) directory: Directory,
    pub(crate) settings: Settings,
    pub(crate) principal: Principal,
    /// Rights beside those of stored assignments.
    pub(crate) rights: Vec<(String, &'static str, String)>,
    pub(crate) now: i64,
    pub(crate) check_mapping: Option<CheckMapping<'static>>,
    calls: u64,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) outcome: Outcome,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.outcome.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Server {
    /// An empty server whose caller is owner of everything.
    pub(crate) fn new() -> Self {
        Self {
            directory: Directory::default(),
            settings: Settings::new("http://127.0.0.1:8080", "11111111-2222-3333-4444-555555555555"),
            principal: Principal::new("caller", PrincipalType::User),
            rights: vec![("caller".into(), role_id::ADMINISTRATOR, "/".into())],
            now: 1_800_000_000,
            check_mapping: None,
            calls: 0,
        }
    }

    /// A server with a resource group `g` and a workspace `w` in `westus`.
    pub(crate) fn with_workspace() -> Self {
        let mut server = Self::new();
        server.ok(
            "PUT",
            &format!("{SUB}/resourceGroups/g?api-version=2021-04-01"),
            r#"{"location":"westus"}"#,
        );
        server.ok("PUT", &workspace("g", "wsp"), r#"{"location":"westus"}"#);
        server
    }

    pub(crate) fn policy(&self) -> Policy {
        let mut policy = Policy::new(self.directory.resources().map(|resource| &**resource));
        for (principal, role, scope) in &self.rights {
            assert!(policy.assign(principal, role, &ResourceId::parse(scope).unwrap(), "given"));
        }
        policy
    }

    pub(crate) fn call(&mut self, method: &str, url: &str, body: &str) -> Answer {
        self.call_if(method, url, body, None, None)
    }

    pub(crate) fn call_if(
        &mut self,
        method: &str,
        url: &str,
        body: &str,
        if_match: Option<&str>,
        if_none_match: Option<&str>,
    ) -> Answer {
        let url = url.strip_prefix("http://127.0.0.1:8080").unwrap_or(url);
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let mut request = ManagementRequest::new(Method::parse(method), path, query, body.as_bytes());
        request.if_match = if_match;
        request.if_none_match = if_none_match;
        self.calls += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.calls.to_be_bytes());
        let policy = self.policy();
        let context = Context {
            now: Timestamp::from_unix_seconds(self.now),
            principal: &self.principal,
            policy: &policy,
            settings: &self.settings,
            seed,
            check_mapping: self.check_mapping,
        };
        let outcome = handle(&request, &self.directory, &context).unwrap();
        assert!(outcome.status < 300 || outcome.changes.is_empty(), "a refusal changes nothing");
        assert!(outcome.status < 500);
        assert!(outcome.action.is_some() == outcome.scope.is_some());
        // The directory is what a restart would read back.
        self.directory.apply(&outcome.changes);
        let records: Vec<String> = self.directory.resources().map(|resource| resource.to_record()).collect();
        let again = Directory::from_records(&records).unwrap();
        assert!(again.resources().eq(self.directory.resources()));
        let body = outcome.body.as_deref().map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
        if outcome.status >= 400 && method != "HEAD" {
            assert!(body["error"]["code"].is_string() && body["error"]["message"].is_string(), "{body}");
        }
        Answer { status: outcome.status, body, outcome }
    }

    pub(crate) fn ok(&mut self, method: &str, url: &str, body: &str) -> Answer {
        let answer = self.call(method, url, body);
        assert!(answer.status < 300, "{method} {url}: {} {}", answer.status, answer.body);
        answer
    }
}

pub(crate) fn workspace_path(group: &str, name: &str) -> String {
    format!("{SUB}/resourceGroups/{group}/providers/Microsoft.HealthcareApis/workspaces/{name}")
}

pub(crate) fn workspace(group: &str, name: &str) -> String {
    format!("{}?api-version=2024-03-31", workspace_path(group, name))
}

/// The URL of something in the workspace `wsp` of the group `g`.
pub(crate) fn inside(rest: &str) -> String {
    format!("{}/{rest}?api-version=2024-03-31", workspace_path("g", "wsp"))
}
