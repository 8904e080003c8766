//! The two mappings that an author writes: device templates and FHIR templates (spec: template container).
//!
//! Both are an outer object `{templateType, template: […]}` around inner ones of the same shape. Each inner
//! template is read on its own, so that one mistake hides no other, and every mistake names its member and
//! line.

pub(crate) mod device;
pub(crate) mod fhir;
mod read;

use crate::error::{Error, ErrorKind};
use crate::options::Mode;
use hygea_fhir_model::json::{Document, Node};
use read::{Members, Unknown};

/// The most bytes of a mapping.
const MAX_BYTES: usize = 4 << 20;
/// The most templates of a mapping.
const MAX_TEMPLATES: usize = 4096;

/// The name of a template type, and whether it may also end in `Template`.
type TypeName = (&'static str, bool);

/// Reads the outer object and hands each inner container to `build`.
fn collection(
    json: &[u8],
    mode: Mode,
    outer: TypeName,
    mut build: impl FnMut(Node<'_>, &str, &mut Vec<Error>),
) -> Result<Vec<Error>, Error> {
    if json.len() > MAX_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, format!("the mapping has over {MAX_BYTES} bytes")));
    }
    let text = crate::event::utf8(json, mode)?;
    let document: Document<'_> = crate::event::read(&text, mode)?;
    let mut errors = Vec::new();
    let Some((kind, template)) = container(document.root(), "", &mut errors) else {
        return Err(
            Error::all(errors).unwrap_or_else(|| Error::new(ErrorKind::WrongType, "a mapping is an object"))
        );
    };
    if !is_type(&kind, outer) {
        let position = document.root().position();
        let detail = format!("the templateType must be {}", outer.0);
        return Err(Error::new(ErrorKind::UnknownTemplateType, detail).at("templateType", Some(position)));
    }
    if !template.is_array() {
        let detail = format!("the template of {} must be an array", outer.0);
        return Err(Error::new(ErrorKind::WrongType, detail).at("template", Some(template.position())));
    }
    if template.len() > MAX_TEMPLATES {
        let detail = format!("the mapping has over {MAX_TEMPLATES} templates");
        return Err(Error::new(ErrorKind::TooLarge, detail).at("template", Some(template.position())));
    }
    for (index, inner) in template.items().enumerate() {
        build(inner, &format!("template[{index}]"), &mut errors);
        // A mapping that is wrong throughout need not be told a thousand times.
        if errors.len() > 100 {
            break;
        }
    }
    Ok(errors)
}

/// Reads `{templateType, template}`.
fn container<'t>(node: Node<'t>, path: &str, errors: &mut Vec<Error>) -> Option<(String, Node<'t>)> {
    let members = Members::read(node, path, &["templateType", "template"], Unknown::Ignored, errors)?;
    let kind = members.required("templateType", errors).and_then(|member| member.text(errors));
    let template = members.required("template", errors);
    Some((kind?, template?.node))
}

fn is_type(text: &str, (name, with_suffix): TypeName) -> bool {
    let suffixed = text.len().checked_sub("Template".len()).and_then(|at| text.split_at_checked(at));
    text.eq_ignore_ascii_case(name)
        || with_suffix
            && suffixed.is_some_and(|(text, end)| {
                text.eq_ignore_ascii_case(name) && end.eq_ignore_ascii_case("Template")
            })
}
