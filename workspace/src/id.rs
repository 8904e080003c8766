//! Ids of resources: management paths, compared without regard to case and echoed as first written (section a.1).
//!
//! ```text
//! /subscriptions/{s}/resourceGroups/{g}/providers/{namespace}/{type}/{name}[/{type}/{name}…]
//! {any of them}/providers/Microsoft.Authorization/roleAssignments/{guid}
//! ```

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::kind::Kind;
use crate::{Error, ErrorKind};

/// The id of a resource, or of a scope that holds resources. `/` is the scope of everything.
#[derive(Clone)]
pub struct ResourceId {
    text: Arc<str>,
    key: Arc<str>,
    kind: Option<Kind>,
    /// Type/name pairs after the last `providers`.
    pairs: usize,
}

const MAX_BYTES: usize = 2048;
const MAX_SEGMENTS: usize = 64;

impl ResourceId {
    /// Reads an id. A missing first slash is forgiven, because recorded calls lack it.
    ///
    /// # Errors
    /// `InvalidId` with the byte of the segment at fault: an empty or unsafe segment, a type without a name, an id
    /// over 2,048 bytes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == "/" {
            return Ok(Self::root());
        }
        if text.len() > MAX_BYTES {
            return Err(refuse("the id is longer than 2048 bytes", MAX_BYTES));
        }
        let trimmed = text.strip_prefix('/').unwrap_or(text);
        let mut position = text.len() - trimmed.len();
        let mut segments = Vec::new();
        for segment in trimmed.split('/') {
            check_segment(segment, position)?;
            if segments.len() == MAX_SEGMENTS {
                return Err(refuse("the id has too many segments", position));
            }
            segments.push(segment);
            position += segment.len() + 1;
        }
        Self::from_segments(&segments).ok_or_else(|| {
            refuse(
                "expected /subscriptions/{id}[/resourceGroups/{name}][/providers/{namespace}/{type}/{name}…]",
                0,
            )
        })
    }

    /// The scope of everything: `/`.
    #[must_use]
    pub fn root() -> Self {
        Self { text: Arc::from("/"), key: Arc::from("/"), kind: None, pairs: 0 }
    }

    /// The id of a resource of this kind and name directly below this one.
    ///
    /// # Errors
    /// `InvalidId` if the kind does not live below this one, or the name is no segment.
    pub fn child(&self, kind: Kind, name: &str) -> Result<Self, Error> {
        let base = if self.is_root() { "" } else { self.as_str() };
        let text = match kind {
            Kind::Subscription => format!("/subscriptions/{name}"),
            Kind::ResourceGroup => format!("{base}/resourceGroups/{name}"),
            _ if kind.is_extension() || self.kind.is_none_or(|own| own.namespace() != kind.namespace()) => {
                format!("{base}/providers/{}/{name}", kind.type_name())
            }
            _ => format!("{base}/{}/{name}", kind.segment()),
        };
        let id = Self::parse(&text)?;
        if id.kind == Some(kind) { Ok(id) } else { Err(refuse("the kind does not live below this id", 0)) }
    }

    /// The id as it was first written, with the usual spelling of the known types.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The id in lower case: what to compare, order and store by.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What kind of resource this names, if it is one of ours.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// Whether this is the scope of everything.
    #[must_use]
    pub fn is_root(&self) -> bool {
        &*self.key == "/"
    }

    /// The last name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The names of the last type path, from the outermost: `demo/devices/r4` for a FHIR destination.
    #[must_use]
    pub fn relative_name(&self) -> String {
        let mut names: Vec<&str> = self.text.rsplit('/').step_by(2).take(self.pairs.max(1)).collect();
        names.reverse();
        names.join("/")
    }

    /// The full type name, also for types that are not ours: `Microsoft.EventHub/namespaces`.
    #[must_use]
    pub fn type_name(&self) -> String {
        if let Some(kind) = self.kind {
            return kind.type_name().to_owned();
        }
        let tail: Vec<&str> = self.text.rsplit('/').take(self.pairs * 2 + 1).collect();
        let mut parts: Vec<&str> = tail.iter().copied().skip(1).step_by(2).collect();
        parts.reverse();
        if let Some(namespace) = tail.last().filter(|_| self.pairs > 0) {
            parts.insert(0, namespace);
        }
        parts.join("/")
    }

    /// What holds this resource: the outer resource, the resource group, the subscription, `/`; for a role
    /// assignment its scope. `None` for `/`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let dropped = match self.pairs {
            1 => 4,
            _ => 2,
        };
        let cut = self.text.rmatch_indices('/').nth(dropped - 1).map_or(0, |(index, _)| index);
        match self.text.get(..cut) {
            None | Some("") => Some(Self::root()),
            Some(text) => Self::parse(text).ok(),
        }
    }

    /// The subscription that this lies in.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        self.segment_after(0, "subscriptions")
    }

    /// The name of the resource group that this lies in.
    #[must_use]
    pub fn resource_group(&self) -> Option<&str> {
        self.segment_after(2, "resourceGroups")
    }

    /// The innermost enclosing id of this kind, this one included.
    #[must_use]
    pub fn enclosing(&self, kind: Kind) -> Option<Self> {
        let mut id = Some(self.clone());
        while let Some(current) = id {
            if current.kind == Some(kind) {
                return Some(current);
            }
            id = current.parent();
        }
        None
    }

    /// Whether this is the scope itself or lies inside it.
    #[must_use]
    pub fn is_within(&self, scope: &Self) -> bool {
        key_is_within(&self.key, &scope.key)
    }

    fn segment_after(&self, index: usize, name: &str) -> Option<&str> {
        let mut segments = self.text.split('/').skip(index + 1);
        segments.next().filter(|segment| *segment == name)?;
        segments.next()
    }

    fn from_segments(segments: &[&str]) -> Option<Self> {
        let mut text = String::new();
        let mut rest = segments;
        let mut kind = None;
        if let [first, subscription, tail @ ..] = rest
            && first.eq_ignore_ascii_case("subscriptions")
        {
            push(&mut text, &["subscriptions", subscription]);
            (rest, kind) = (tail, Some(Kind::Subscription));
            if let [second, group, tail @ ..] = rest
                && second.eq_ignore_ascii_case("resourceGroups")
            {
                push(&mut text, &["resourceGroups", group]);
                (rest, kind) = (tail, Some(Kind::ResourceGroup));
            }
        }
        let mut pairs = 0;
        while let [first, namespace, tail @ ..] = rest
            && first.eq_ignore_ascii_case("providers")
        {
            let length =
                tail.iter().step_by(2).take_while(|typ| !typ.eq_ignore_ascii_case("providers")).count();
            let (block, after) = tail.split_at_checked(length * 2)?;
            if block.is_empty() {
                return None;
            }
            kind = push_block(&mut text, namespace, block, kind);
            pairs = length;
            rest = after;
        }
        if text.is_empty() || !rest.is_empty() {
            return None;
        }
        let key = text.to_lowercase();
        Some(Self { text: text.into(), key: key.into(), kind, pairs })
    }
}

/// Whether one key is another or lies inside it, segment by segment.
pub(crate) fn key_is_within(key: &str, scope: &str) -> bool {
    scope == "/" || key.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Writes a provider block, in the usual spelling if it is of a known kind that may live here.
fn push_block(text: &mut String, namespace: &str, block: &[&str], scope: Option<Kind>) -> Option<Kind> {
    let types: Vec<&str> = block.iter().copied().step_by(2).collect();
    let known = Kind::from_type_name(&format!("{namespace}/{}", types.join("/")));
    let outermost = known.and_then(|kind| {
        std::iter::successors(Some(kind), |kind| kind.parent())
            .find(|kind| kind.parent().is_none_or(|parent| parent.namespace() != kind.namespace()))
    });
    // A workspace lives in a resource group and nowhere else; a role assignment lives anywhere.
    let known = known.filter(|kind| {
        kind.is_extension()
            || outermost.is_some_and(|outermost| outermost.parent() == scope && scope.is_some())
    });
    push(text, &["providers", known.map_or(namespace, |kind| kind.namespace())]);
    let spelled = known.map_or_else(|| types.join("/"), |kind| kind.relative_type().to_owned());
    for (typ, name) in spelled.split('/').zip(block.iter().skip(1).step_by(2)) {
        push(text, &[typ, name]);
    }
    known
}

fn push(text: &mut String, segments: &[&str]) {
    for segment in segments {
        text.push('/');
        text.push_str(segment);
    }
}

fn check_segment(segment: &str, position: usize) -> Result<(), Error> {
    if segment.is_empty() {
        return Err(refuse("the id has an empty segment", position));
    }
    if matches!(segment, "." | "..")
        || segment.chars().any(|c| c.is_control() || matches!(c, '\\' | '?' | '#' | '%' | '<' | '>'))
    {
        return Err(refuse("the id has a segment that is not allowed", position));
    }
    if segment.chars().count() > 260 {
        return Err(refuse("the id has a segment of more than 260 characters", position));
    }
    Ok(())
}

fn refuse(wanted: &str, position: usize) -> Error {
    Error::new(ErrorKind::InvalidId, wanted).at(position)
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ResourceId {}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WS: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w";

    #[test]
    fn known_ids_have_a_kind_and_the_usual_spelling() {
        for (text, kind, echoed, relative) in [
            ("/subscriptions/s", Kind::Subscription, "/subscriptions/s".to_owned(), "s"),
            (
                "/Subscriptions/S/resourcegroups/G",
                Kind::ResourceGroup,
                "/subscriptions/S/resourceGroups/G".to_owned(),
                "G",
            ),
            (
                "subscriptions/s/RESOURCEGROUPS/g/PROVIDERS/microsoft.healthcareapis/Workspaces/w",
                Kind::Workspace,
                WS.to_owned(),
                "w",
            ),
            (&format!("{WS}/fhirServices/r4"), Kind::FhirService, format!("{WS}/fhirservices/r4"), "w/r4"),
            (
                &format!("{WS}/dicomservices/images"),
                Kind::DicomService,
                format!("{WS}/dicomservices/images"),
                "w/images",
            ),
            (
                &format!("{WS}/iotConnectors/c/fhirDestinations/d"),
                Kind::FhirDestination,
                format!("{WS}/iotconnectors/c/fhirdestinations/d"),
                "w/c/d",
            ),
            (
                &format!("{WS}/providers/microsoft.authorization/roleassignments/x"),
                Kind::RoleAssignment,
                format!("{WS}/providers/Microsoft.Authorization/roleAssignments/x"),
                "x",
            ),
            (
                "/providers/Microsoft.Authorization/roleDefinitions/x",
                Kind::RoleDefinition,
                "/providers/Microsoft.Authorization/roleDefinitions/x".to_owned(),
                "x",
            ),
            (
                "/subscriptions/s/providers/Microsoft.HealthcareApis/locations/westus/operationresults/1",
                Kind::OperationResult,
                "/subscriptions/s/providers/Microsoft.HealthcareApis/locations/westus/operationresults/1"
                    .to_owned(),
                "westus/1",
            ),
        ] {
            let id = ResourceId::parse(text).unwrap();
            assert_eq!(
                (id.kind(), id.as_str(), id.relative_name().as_str()),
                (Some(kind), echoed.as_str(), relative)
            );
            assert_eq!(id.type_name(), kind.type_name());
            assert_eq!(ResourceId::parse(id.as_str()).unwrap(), id);
            assert_eq!(ResourceId::parse(&text.to_uppercase()).unwrap().key(), id.key());
        }
    }

    #[test]
    fn foreign_ids_are_ids_without_a_kind() {
        for (text, type_name, name) in [
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventHub/namespaces/n/eventhubs/e",
                "Microsoft.EventHub/namespaces/eventhubs",
                "e",
            ),
            (
                "/subscriptions/s/providers/Microsoft.HealthcareApis/workspaces/w",
                "Microsoft.HealthcareApis/workspaces",
                "w",
            ),
            (
                "/providers/Microsoft.Management/managementGroups/m",
                "Microsoft.Management/managementGroups",
                "m",
            ),
            (
                "/subscriptions/s/resourcegroups/g/providers/MicrosoftManagedIdentity/userAssignedIdentities/t",
                "MicrosoftManagedIdentity/userAssignedIdentities",
                "t",
            ),
        ] {
            let id = ResourceId::parse(text).unwrap();
            assert_eq!((id.kind(), id.type_name().as_str(), id.name()), (None, type_name, name));
        }
    }

    #[test]
    fn parents_lead_to_the_root() {
        let mut id = Some(
            ResourceId::parse(&format!(
                "{WS}/iotconnectors/c/fhirdestinations/d/providers/Microsoft.Authorization/roleAssignments/x"
            ))
            .unwrap(),
        );
        let mut kinds = Vec::new();
        while let Some(current) = id {
            kinds.push(current.kind());
            id = current.parent();
        }
        assert_eq!(
            kinds,
            [
                Some(Kind::RoleAssignment),
                Some(Kind::FhirDestination),
                Some(Kind::IotConnector),
                Some(Kind::Workspace),
                Some(Kind::ResourceGroup),
                Some(Kind::Subscription),
                None,
            ]
        );
        let odd = ResourceId::parse("/subscriptions/s/resourceGroups/providers/providers/Microsoft.HealthcareApis/workspaces/providers/fhirservices/abc").unwrap();
        assert_eq!((odd.kind(), odd.resource_group()), (Some(Kind::FhirService), Some("providers")));
        assert_eq!(odd.parent().unwrap().kind(), Some(Kind::Workspace));
        assert_eq!(odd.enclosing(Kind::ResourceGroup).unwrap().name(), "providers");
    }

    #[test]
    fn scopes_hold_by_whole_segments() {
        let [w, w2, f] = [WS.to_owned(), format!("{WS}2"), format!("{WS}/fhirservices/r4")]
            .map(|t| ResourceId::parse(&t).unwrap());
        assert!(f.is_within(&w) && w.is_within(&w) && f.is_within(&ResourceId::root()));
        assert!(!w2.is_within(&w) && !w.is_within(&f));
        assert!(f.is_within(&ResourceId::parse("/SUBSCRIPTIONS/S").unwrap()));
    }

    #[test]
    fn children_are_built_where_they_may_live() {
        let sub = ResourceId::root().child(Kind::Subscription, "s").unwrap();
        let group = sub.child(Kind::ResourceGroup, "g").unwrap();
        let workspace = group.child(Kind::Workspace, "w").unwrap();
        assert_eq!(workspace.as_str(), WS);
        let connector = workspace.child(Kind::IotConnector, "c").unwrap();
        assert_eq!(
            connector.child(Kind::FhirDestination, "d").unwrap().as_str(),
            format!("{WS}/iotconnectors/c/fhirdestinations/d")
        );
        assert!(connector.child(Kind::FhirService, "f").is_err());
        assert!(sub.child(Kind::Workspace, "w").is_err());
        assert!(workspace.child(Kind::FhirService, "a/b").is_err());
        assert_eq!(
            ResourceId::root().child(Kind::RoleAssignment, "x").unwrap().as_str(),
            "/providers/Microsoft.Authorization/roleAssignments/x"
        );
        assert_eq!(workspace.child(Kind::RoleAssignment, "x").unwrap().parent().unwrap(), workspace);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let long = format!("/subscriptions/{}", "s".repeat(2048));
        let many = "/a".repeat(65);
        for text in [
            "",
            "//",
            "/subscriptions",
            "/subscriptions/s/",
            "/subscriptions/s/resourceGroups",
            "/subscriptions//resourceGroups/g",
            "/foo/bar",
            "/subscriptions/s/resourceGroups/g/providers",
            "/subscriptions/s/providers/ns",
            "/subscriptions/s/providers/ns/type",
            "/subscriptions/s/resourceGroups/g/providers/ns/type/..",
            "/subscriptions/s/resourceGroups/a%2fb",
            "/subscriptions/s\n",
            "/subscriptions/s/resourceGroups/g/x/y",
            long.as_str(),
            many.as_str(),
        ] {
            assert!(ResourceId::parse(text).is_err(), "{text}");
        }
    }
}
