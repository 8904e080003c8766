//! Compartments: what belongs to a patient, an encounter, a practitioner
//! (<https://hl7.org/fhir/R4/compartmentdefinition.html>).

use crate::error::{Error, ErrorKind};
use crate::extract::{IndexEntry, IndexValue};
use crate::parameters::{Compartment, Parameters};
use crate::plan::Filter;

impl Parameters {
    /// The condition on the resources of `resource_type` that are in the compartment of a resource, as for
    /// `Patient/1/Observation`; a condition that never holds if none can be.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownResourceType`] if there is no such compartment or type.
    pub fn compartment_filter(
        &self,
        compartment: &str,
        id: &str,
        resource_type: &str,
    ) -> Result<Filter, Error> {
        let unknown = |rule| Error::new(ErrorKind::UnknownResourceType, "", rule);
        let found =
            self.compartment(compartment).ok_or_else(|| unknown("there is no compartment of this type"))?;
        if self.resource_type(resource_type).is_none() {
            return Err(unknown("no resource type of this version has this name"));
        }
        let own = |code: &str| {
            if code == "{def}" {
                return (resource_type == found.code).then(|| Filter::Ids(vec![id.to_owned()]));
            }
            let parameter = self.find(resource_type, code)?;
            Some(Filter::refers_to(parameter.index_name(), found.code, id))
        };
        let mut filters: Vec<Filter> =
            member_codes(found, resource_type).iter().copied().filter_map(own).collect();
        // The resource that the compartment is about is in it, whether the definition says so or not.
        if resource_type == found.code && !filters.iter().any(|filter| matches!(filter, Filter::Ids(_))) {
            filters.push(Filter::Ids(vec![id.to_owned()]));
        }
        Ok(Filter::or(filters))
    }

    /// The ids of the resources in whose compartments of one kind a resource is, sorted: those that its references name, and
    /// its own if it is one that the compartments are about. `entries` are the resource's index values.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownResourceType`] if there is no such compartment.
    pub fn compartments_of<'d>(
        &self,
        compartment: &str,
        resource_type: &str,
        id: &'d str,
        entries: &[IndexEntry<'_, 'd>],
    ) -> Result<Vec<&'d str>, Error> {
        let unknown =
            || Error::new(ErrorKind::UnknownResourceType, "", "there is no compartment of this type");
        let found = self.compartment(compartment).ok_or_else(unknown)?;
        let codes = member_codes(found, resource_type);
        let own = (resource_type == found.code).then_some(id);
        let named = entries.iter().filter(|entry| codes.contains(&entry.parameter)).filter_map(|entry| {
            match entry.value {
                IndexValue::Reference { resource_type: Some(name), id, .. } if name == found.code => Some(id),
                _ => None,
            }
        });
        let mut ids: Vec<&'d str> = own.into_iter().chain(named).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    fn compartment(&self, code: &str) -> Option<&'static Compartment> {
        self.compartments().iter().find(|compartment| compartment.code == code)
    }
}

/// The codes of the references that put a type into a compartment.
fn member_codes(compartment: &'static Compartment, resource_type: &str) -> &'static [&'static str] {
    let at = compartment.members.binary_search_by(|(member, _)| (*member).cmp(resource_type));
    at.ok().and_then(|at| compartment.members.get(at)).map_or(&[], |(_, codes)| codes)
}
