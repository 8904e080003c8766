//! What a device template makes of a message (spec: measurement and batching).

use crate::time::Timestamp;
use hygea_fhir_model::json::{Node, Object, Value};
use std::borrow::Cow;
use std::fmt;

/// A normalised measurement; texts are borrowed from the message and the mapping where that is possible.
///
/// ```
/// use hygea_iomt_mapper::{Measurement, Timestamp};
///
/// let measurement = Measurement::new("heartrate", Timestamp::parse("2024-03-05T10:00:07Z").unwrap(), "d1")
///     .with_value("hr", "61");
/// assert_eq!(
///     measurement.to_value().to_json(),
///     r#"{"Type":"heartrate","OccurrenceTimeUtc":"2024-03-05T10:00:07Z","DeviceId":"d1","Properties":[{"Name":"hr","Value":"61"}]}"#
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measurement<'a> {
    /// The `typeName` of the template.
    pub type_name: Cow<'a, str>,
    /// When it was measured.
    pub occurrence_time: Timestamp,
    /// When the message came in; of two messages for one instant the later one counts.
    pub ingestion_time: Option<Timestamp>,
    /// The device's identifier.
    pub device_id: Cow<'a, str>,
    /// The patient's identifier.
    pub patient_id: Option<Cow<'a, str>>,
    /// The encounter's identifier.
    pub encounter_id: Option<Cow<'a, str>>,
    /// What ties measurements of several messages together.
    pub correlation_id: Option<Cow<'a, str>>,
    /// The measured values.
    pub properties: Vec<Property<'a>>,
}

/// A measured value: its name in the template and its text.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Property<'a> {
    /// The `valueName` of the template.
    pub name: Cow<'a, str>,
    /// The text of the value.
    pub value: Cow<'a, str>,
}

impl<'a> Measurement<'a> {
    /// A measurement without values.
    #[must_use]
    pub fn new(
        type_name: impl Into<Cow<'a, str>>,
        occurrence_time: Timestamp,
        device_id: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            type_name: type_name.into(),
            occurrence_time,
            ingestion_time: None,
            device_id: device_id.into(),
            patient_id: None,
            encounter_id: None,
            correlation_id: None,
            properties: Vec::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub fn with_value(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.properties.push(Property { name: name.into(), value: value.into() });
        self
    }

    /// The measurement on its own, apart from the message it was read from.
    #[must_use]
    pub fn into_owned(self) -> Measurement<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        Measurement {
            type_name: owned(self.type_name),
            occurrence_time: self.occurrence_time,
            ingestion_time: self.ingestion_time,
            device_id: owned(self.device_id),
            patient_id: self.patient_id.map(owned),
            encounter_id: self.encounter_id.map(owned),
            correlation_id: self.correlation_id.map(owned),
            properties: self
                .properties
                .into_iter()
                .map(|property| Property { name: owned(property.name), value: owned(property.value) })
                .collect(),
        }
    }

    /// The measurement as the reference writes it between its stages: names in PascalCase, what is absent
    /// left out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let text = |text: &Cow<'_, str>| Value::from(&**text);
        let properties: Vec<Value> = self
            .properties
            .iter()
            .map(|property| {
                Object::new().with("Name", text(&property.name)).with("Value", text(&property.value)).into()
            })
            .collect();
        Object::new()
            .with("Type", text(&self.type_name))
            .with("OccurrenceTimeUtc", self.occurrence_time.to_string())
            .with_some("IngestionTimeUtc", self.ingestion_time.map(|time| time.to_string()))
            .with("DeviceId", text(&self.device_id))
            .with_some("PatientId", self.patient_id.as_ref().map(text))
            .with_some("EncounterId", self.encounter_id.as_ref().map(text))
            .with_some("CorrelationId", self.correlation_id.as_ref().map(text))
            .with("Properties", properties)
            .into()
    }

    /// Reads what [`Measurement::to_value`] writes; `None` if a part is absent or of another type.
    #[must_use]
    pub fn from_node(node: Node<'a>) -> Option<Self> {
        let text = |name: &str| node.get(name).and_then(Node::as_str).map(Cow::Borrowed);
        let time = |name: &str| node.get(name).and_then(Node::as_str).and_then(Timestamp::parse);
        let mut measurement = Self::new(text("Type")?, time("OccurrenceTimeUtc")?, text("DeviceId")?);
        measurement.ingestion_time = time("IngestionTimeUtc");
        measurement.patient_id = text("PatientId");
        measurement.encounter_id = text("EncounterId");
        measurement.correlation_id = text("CorrelationId");
        for property in node.get("Properties")?.items() {
            let name = property.get("Name")?.as_str()?;
            measurement = measurement.with_value(name, property.get("Value")?.as_str()?);
        }
        Some(measurement)
    }
}

/// The key by which the reference spreads devices over partitions: the text of a number below 256.
///
/// ```
/// assert_eq!(hygea_iomt_mapper::partition_key("abba"), "32");
/// ```
#[must_use]
pub fn partition_key(device_id: &str) -> String {
    let units = device_id.to_lowercase();
    let hash =
        units.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    (hash.unsigned_abs() % 256).to_string()
}

/// Shows the type and the number of values, never an id or a value.
impl fmt::Debug for Measurement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measurement")
            .field("type_name", &self.type_name)
            .field("properties", &self.properties.len())
            .finish_non_exhaustive()
    }
}

/// Shows the name, never the value.
impl fmt::Debug for Property<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hygea_fhir_model::json::Document;

    #[test]
    fn partitions_of_the_reference() {
        for (id, key) in [
            ("abba", "32"),
            ("ABBA", "32"),
            ("aaabbb", "191"),
            ("bbbaaa", "33"),
            ("abcdefghijklmnopqrstuvwxyz", "173"),
        ] {
            assert_eq!(partition_key(id), key, "{id}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let time = Timestamp::parse("2024-03-05T10:00:07.125Z").unwrap();
        let mut measurement =
            Measurement::new("bp", time, "d").with_value("sys", "120").with_value("dia", "80");
        measurement.ingestion_time = Some(time);
        measurement.patient_id = Some("p".into());
        measurement.correlation_id = Some("c".into());
        let text = measurement.to_value().to_json();
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(Measurement::from_node(document.root()), Some(measurement.clone()));
        assert_eq!(measurement.clone().into_owned(), measurement);
        assert!(!format!("{measurement:?}").contains("120"));
    }
}
