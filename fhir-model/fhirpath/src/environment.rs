//! What an evaluation may ask of the world: variables, the clock, and services behind traits.
//!
//! The crate is pure: nothing here is looked up behind the caller's back. A function that needs a service which
//! the environment lacks fails with [`NoService`](crate::ErrorKind::NoService).

use crate::instance::Made;
use crate::node::Node;
use crate::value::{Collection, DateTime, Item};
use hygea_terminology::Terminology;
use std::borrow::Cow;
use std::fmt;

/// The failure of a service that an [`Environment`] holds.
pub type ServiceError = Box<dyn std::error::Error + Send + Sync>;

/// Variables, clock, limits and services for evaluations.
///
/// Elements that instance selectors (`Coding { code: 'x' }`) make live as long as the environment; a clone starts
/// without them.
///
/// ```
/// use hygea_fhirpath::{DateTime, Environment};
///
/// let environment = Environment::new()
///     .now(DateTime::parse("2024-02-29T12:00:00.000Z").unwrap())
///     .variable("us-zip", "[0-9]{5}(-[0-9]{4}){0,1}".into());
/// ```
#[derive(Clone, Default)]
pub struct Environment<'a> {
    pub(crate) variables: Vec<(Cow<'a, str>, Collection<'a>)>,
    pub(crate) now: Option<DateTime>,
    pub(crate) resource: Option<Node<'a>>,
    pub(crate) root_resource: Option<Node<'a>>,
    pub(crate) resolver: Option<&'a dyn Resolver>,
    pub(crate) terminology: Option<&'a dyn Terminology>,
    pub(crate) profiles: Option<&'a dyn Profiles>,
    pub(crate) tracer: Option<&'a dyn Tracer>,
    pub(crate) limits: Limits,
    pub(crate) made: Made,
}

/// How much work one evaluation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Elements visited, items made and comparisons; 4 million unless set. Text counts a step for 16 bytes.
    pub steps: u64,
    /// Levels of nested evaluation; 100 unless set, which fit a stack of 2 MiB in builds without optimization too.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 4_000_000, depth: 100 }
    }
}

/// Finds the resource that a reference means, for `resolve()`.
pub trait Resolver: Send + Sync {
    /// The resource that `reference` (`Patient/1`, an absolute URL, a canonical URL) points to. References to
    /// contained resources and into the same Bundle are answered before this is asked.
    ///
    /// # Errors
    /// Any failure but that there is no such resource.
    fn resolve<'s>(&'s self, reference: &str) -> Result<Option<Node<'s>>, ServiceError>;
}

/// Knows profiles, for `conformsTo()`, `elementDefinition()` and `slice()`.
pub trait Profiles: Send + Sync {
    /// Whether the element conforms to the profile of a canonical URL.
    ///
    /// # Errors
    /// If the profile is not known, or the check fails.
    fn conforms(&self, node: Node<'_>, profile: &str) -> Result<bool, ServiceError>;

    /// The `ElementDefinition` of the element, for `elementDefinition()`; nothing if there is none. Unless it is
    /// written, it fails.
    ///
    /// # Errors
    /// If the definitions are not known.
    fn element_definition<'s>(&'s self, node: Node<'_>) -> Result<Option<Node<'s>>, ServiceError> {
        let _ = node;
        Err("these profiles know no element definitions".into())
    }

    /// Whether the element is in a slice of a profile, for `slice()`. Unless it is written, it fails.
    ///
    /// # Errors
    /// If the profile or the slice is not known, or the check fails.
    fn in_slice(&self, node: Node<'_>, profile: &str, slice: &str) -> Result<bool, ServiceError> {
        let _ = (node, profile, slice);
        Err("these profiles know no slices".into())
    }
}

/// Hears what `trace()` says. The items are patients' data.
pub trait Tracer: Send + Sync {
    /// Takes the items that a `trace(name)` saw.
    fn trace(&self, name: &str, items: &[Item<'_>]);
}

impl<'a> Environment<'a> {
    /// An environment with nothing but the limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time of `now()`, `today()` and `timeOfDay()`. It should have a zone.
    #[must_use]
    pub fn now(mut self, now: DateTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Sets `%name` to one item.
    #[must_use]
    pub fn variable(self, name: impl Into<Cow<'a, str>>, item: Item<'a>) -> Self {
        self.variables(name, [item].into_iter().collect())
    }

    /// Sets `%name` to a collection, which may be empty.
    #[must_use]
    pub fn variables(mut self, name: impl Into<Cow<'a, str>>, items: Collection<'a>) -> Self {
        let name = name.into();
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, items));
        self
    }

    /// Sets `%resource`, the resource that holds the context; unless set it is the context itself.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<Node<'a>>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Sets `%rootResource`, the outermost resource; unless set it is `%resource`.
    #[must_use]
    pub fn root_resource(mut self, resource: impl Into<Node<'a>>) -> Self {
        self.root_resource = Some(resource.into());
        self
    }

    /// Sets what finds resources for `resolve()`.
    #[must_use]
    pub fn resolver(mut self, resolver: &'a dyn Resolver) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Sets what knows codes for `memberOf()`, `subsumes()` and `subsumedBy()`.
    #[must_use]
    pub fn terminology(mut self, terminology: &'a dyn Terminology) -> Self {
        self.terminology = Some(terminology);
        self
    }

    /// Sets what knows profiles for `conformsTo()`, `elementDefinition()` and `slice()`.
    #[must_use]
    pub fn profiles(mut self, profiles: &'a dyn Profiles) -> Self {
        self.profiles = Some(profiles);
        self
    }

    /// Sets what hears `trace()`.
    #[must_use]
    pub fn tracer(mut self, tracer: &'a dyn Tracer) -> Self {
        self.tracer = Some(tracer);
        self
    }

    /// Sets how much work one evaluation may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

/// Shows the names of the variables, not their values.
impl fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
