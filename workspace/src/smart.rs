//! SMART App Launch scopes, versions 1 and 2 (section c.4).
//!
//! ```text
//! ("patient"|"user"|"system") "/" (Type|"*") "." (["c"]["r"]["u"]["d"]["s"] | "read"|"write"|"*") ["?" name=value *("&" name=value)]
//! ```
//! The spellings that Entra tokens use are accepted too: `.`, `$` or `%2f` for the slash and `all` for `*`. What
//! cannot be enforced is refused, never widened: modifiers, chains, includes, unknown types, mixed versions or
//! contexts.

use std::fmt;

use crate::access::FhirActions;
use crate::{Error, ErrorKind};

const MAX_BYTES: usize = 16 << 10;
const MAX_SCOPES: usize = 256;
const MAX_PARAMETERS: usize = 16;

/// Whose data a scope speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Of the patient in context.
    Patient,
    /// What the user may see.
    User,
    /// All data.
    System,
}

impl Context {
    const ALL: [Self; 3] = [Self::Patient, Self::User, Self::System];

    /// The word of the grammar.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::User => "user",
            Self::System => "system",
        }
    }
}

/// One clinical scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    context: Context,
    resource_type: Option<String>,
    level: Level,
    parameters: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// `read`, `write` or `*` of version 1.
    Named(&'static str, FhirActions),
    /// Letters of version 2, one bit each in the order of [`LETTERS`].
    Letters(u8),
}

const LETTERS: [(char, FhirActions); 5] = [
    ('c', FhirActions::CREATE),
    ('r', FhirActions::READ_BY_ID),
    ('u', FhirActions::UPDATE),
    ('d', FhirActions::DELETE),
    // Search implies export, as the service that this follows has it; export itself needs the system context.
    ('s', FhirActions::SEARCH.union(FhirActions::EXPORT)),
];

const READ: FhirActions = FhirActions::READ.union(FhirActions::SEARCH).union(FhirActions::EXPORT);
const WRITE: FhirActions =
    FhirActions::WRITE.union(FhirActions::CREATE).union(FhirActions::UPDATE).union(FhirActions::DELETE);

impl Scope {
    /// Whose data the scope speaks of.
    #[must_use]
    pub fn context(&self) -> Context {
        self.context
    }

    /// The resource type, or `None` for every type.
    #[must_use]
    pub fn resource_type(&self) -> Option<&str> {
        self.resource_type.as_deref()
    }

    /// The data actions that the scope covers.
    #[must_use]
    pub fn actions(&self) -> FhirActions {
        match self.level {
            Level::Named(_, actions) => actions,
            Level::Letters(bits) => letters(bits).fold(FhirActions::NONE, |set, (_, actions)| set | actions),
        }
    }

    /// Search parameters that a resource must match, decoded.
    #[must_use]
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// The scope in the words of version 2: `read` is `rs`, `write` is `cud`, `*` is `cruds`.
    #[must_use]
    pub fn to_v2(&self) -> String {
        let level = match self.level {
            Level::Named("read", _) => "rs".to_owned(),
            Level::Named("write", _) => "cud".to_owned(),
            Level::Named(..) => "cruds".to_owned(),
            Level::Letters(bits) => letters(bits).map(|(letter, _)| letter).collect(),
        };
        self.spell(&level)
    }

    fn spell(&self, level: &str) -> String {
        let mut text =
            format!("{}/{}.{level}", self.context.as_str(), self.resource_type.as_deref().unwrap_or("*"));
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            for character in value.chars() {
                match character {
                    '%' | '&' | '=' | '?' | '+' | ' ' => {
                        text.push_str(&format!("%{:02X}", u32::from(character)))
                    }
                    _ => text.push(character),
                }
            }
        }
        text
    }
}

impl fmt::Display for Scope {
    /// The scope in its own version, with the usual separators.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Named(name, _) => f.write_str(&self.spell(name)),
            Level::Letters(_) => f.write_str(&self.to_v2()),
        }
    }
}

fn letters(bits: u8) -> impl Iterator<Item = (char, FhirActions)> {
    LETTERS
        .into_iter()
        .enumerate()
        .filter(move |(index, _)| bits & (1 << index) != 0)
        .map(|(_, letter)| letter)
}

/// The clinical scopes of a token: of one version and one context.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SmartScopes {
    scopes: Vec<Scope>,
    other: Vec<String>,
}

impl SmartScopes {
    /// Reads the scopes of one or more claims, separated by white space. `is_type` says which resource types the
    /// service has.
    ///
    /// # Errors
    /// `InvalidScope`, whose path is the number of the scope, for what must be refused; `TooLarge` above 16 kB or 256
    /// scopes.
    pub fn parse<'a>(
        claims: impl IntoIterator<Item = &'a str>,
        is_type: &dyn Fn(&str) -> bool,
    ) -> Result<Self, Error> {
        let mut parsed = Self::default();
        let mut unknown = None;
        let mut bytes = 0;
        for (index, text) in claims.into_iter().flat_map(str::split_ascii_whitespace).enumerate() {
            bytes += text.len();
            if bytes > MAX_BYTES || index >= MAX_SCOPES {
                return Err(Error::new(ErrorKind::TooLarge, "the scopes are more than 16 kB or 256"));
            }
            let refused = |wanted: &str| Error::new(ErrorKind::InvalidScope, wanted).on(format!("[{index}]"));
            match clinical(text) {
                Some((Some(context), rest)) => {
                    let scope = scope(context, rest, is_type).map_err(refused)?;
                    parsed.add(scope).map_err(refused)?;
                }
                // Scopes of the practitioner context are passed over, not refused.
                Some((None, _)) => {}
                None => {
                    if !is_known(text) {
                        unknown = unknown.or(Some(index));
                    }
                    parsed.other.push(text.to_owned());
                }
            }
        }
        match unknown {
            // Words that are no scopes of ours may stand beside ours, but cannot be all there is.
            Some(index) if parsed.scopes.is_empty() => {
                Err(Error::new(ErrorKind::InvalidScope, "expected a SMART scope").on(format!("[{index}]")))
            }
            _ => Ok(parsed),
        }
    }

    /// The clinical scopes in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.iter()
    }

    /// Whether there is no clinical scope.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// The context that all clinical scopes share.
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        self.scopes.first().map(Scope::context)
    }

    /// The other words: `openid`, `launch/patient`, `offline_access` and the like.
    #[must_use]
    pub fn other(&self) -> &[String] {
        &self.other
    }

    fn add(&mut self, scope: Scope) -> Result<(), &'static str> {
        if let Some(first) = self.scopes.first() {
            if matches!(first.level, Level::Letters(_)) != matches!(scope.level, Level::Letters(_)) {
                return Err("scopes of SMART versions 1 and 2 must not be mixed");
            }
            if first.context != scope.context {
                return Err("scopes of different contexts must not be mixed");
            }
        }
        self.scopes.push(scope);
        Ok(())
    }
}

/// The context and the rest of a clinical scope; no context for that of practitioners.
fn clinical(text: &str) -> Option<(Option<Context>, &str)> {
    let after = |word: &str| {
        let rest = text.strip_prefix(word)?;
        rest.strip_prefix(['/', '.', '$'])
            .or_else(|| rest.strip_prefix("%2f"))
            .or_else(|| rest.strip_prefix("%2F"))
    };
    let known = Context::ALL.into_iter().find_map(|context| Some((Some(context), after(context.as_str())?)));
    known.or_else(|| Some((None, after("practitioner")?)))
}

/// Whether this is a word of OpenID Connect or SMART launch.
fn is_known(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "openid",
        "profile",
        "email",
        "phone",
        "address",
        "fhirUser",
        "offline_access",
        "online_access",
        "launch",
    ];
    WORDS.contains(&text) || ["launch/", "launch.", "launch$"].iter().any(|prefix| text.starts_with(prefix))
}

fn scope(context: Context, rest: &str, is_type: &dyn Fn(&str) -> bool) -> Result<Scope, &'static str> {
    let (head, query) = match rest.split_once('?') {
        Some((head, query)) => (head, Some(query)),
        None => (rest, None),
    };
    let (name, level) = head.split_once('.').ok_or("expected Type.level")?;
    let resource_type = match name {
        "*" | "all" => None,
        name if is_type(name) => Some(name.to_owned()),
        _ => return Err("expected a resource type or '*'"),
    };
    let level = match level {
        "read" => Level::Named("read", READ),
        "write" => Level::Named("write", WRITE),
        "*" | "all" => Level::Named("*", READ.union(WRITE)),
        letters => Level::Letters(
            letter_bits(letters).ok_or("expected read, write, * or letters of cruds in order")?,
        ),
    };
    let parameters = match query {
        None => Vec::new(),
        Some(_) if matches!(level, Level::Named(..)) => return Err("scopes of version 1 have no parameters"),
        Some(query) => query.split('&').map(parameter).collect::<Result<Vec<_>, _>>()?,
    };
    if parameters.len() > MAX_PARAMETERS {
        return Err("the scope has more than 16 parameters");
    }
    Ok(Scope { context, resource_type, level, parameters })
}

fn letter_bits(text: &str) -> Option<u8> {
    let mut bits = 0_u8;
    for character in text.chars() {
        let index = LETTERS.iter().position(|(letter, _)| *letter == character)?;
        // A letter at or before one already there is out of order or twice.
        if bits >> index != 0 {
            return None;
        }
        bits |= 1 << index;
    }
    (bits != 0).then_some(bits)
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("expected name=value")?;
    if value.is_empty() || value.contains(['=', '?']) {
        return Err("expected one value, with '=' and '?' in it percent-encoded");
    }
    let name = crate::uri::decode(name).ok_or("the parameter name is not readable")?;
    let value = crate::uri::decode(value).ok_or("the parameter value is not readable")?;
    if name.is_empty()
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        return Err("a parameter of a scope must have no modifier and no chain");
    }
    if ["_has", "_include", "_revinclude", "_contained", "_type", "_query", "_filter"]
        .iter()
        .any(|refused| refused.eq_ignore_ascii_case(&name))
    {
        return Err("a parameter of a scope must filter by the resource's own values");
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SmartScopes, Error> {
        SmartScopes::parse([text], &|name| ["Patient", "Observation"].contains(&name))
    }

    #[test]
    fn versions_map() {
        for (text, own, v2) in [
            ("patient/Patient.read", "patient/Patient.read", "patient/Patient.rs"),
            ("user.all.write", "user/*.write", "user/*.cud"),
            ("system$*.all", "system/*.*", "system/*.cruds"),
            (
                "patient%2FObservation.rs?code=a%26b&status=final",
                "patient/Observation.rs?code=a%26b&status=final",
                "patient/Observation.rs?code=a%26b&status=final",
            ),
        ] {
            let scopes = parse(text).unwrap();
            let scope = scopes.iter().next().unwrap();
            assert_eq!((scope.to_string().as_str(), scope.to_v2().as_str()), (own, v2));
            assert_eq!(parse(&scope.to_v2()).unwrap().iter().next().unwrap().to_v2(), v2);
        }
    }

    #[test]
    fn words_beside_scopes() {
        assert!(parse("openid fhirUser launch/patient offline_access").unwrap().is_empty());
        assert_eq!(
            parse("openid user_impersonation patient/Patient.rs").unwrap().other(),
            ["openid", "user_impersonation"]
        );
        assert!(parse("user_impersonation").is_err());
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn refusals() {
        for text in [
            "patient/Patient.sr",
            "patient/Patient.rr",
            "patient/Patient.",
            "patient/Patient",
            "patient/.r",
            "patient/patient.r",
            "patient/Patient.R",
            "patient/Patient.read?name=x",
            "patient/Patient.r?",
            "patient/Patient.r?name=",
            "patient/Patient.r?=x",
            "patient/Patient.r?name%3aexact=x",
            "patient/Patient.r?name=%zz",
            "patient/Patient.r?_Has=x",
            "patient/Patient.r?_filter=x",
        ] {
            assert_eq!(parse(text).unwrap_err().kind(), ErrorKind::InvalidScope, "{text}");
        }
        let many = "patient/Patient.r ".repeat(257);
        assert_eq!(parse(&many).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
