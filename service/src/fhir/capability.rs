//! The CapabilityStatement (<https://hl7.org/fhir/R4/capabilitystatement.html>), made from the tables that the service works by.

use super::FhirService;
use crate::error::FHIR_JSON;
use crate::exchange::Exchange;
use crate::response::Response;
use crate::time::instant;
use hygea_fhir_model::json::Writer;
use hygea_fhir_search::ParameterType;

/// The interactions of every resource type.
const INTERACTIONS: &[&str] =
    &["read", "vread", "update", "delete", "history-instance", "create", "search-type"];

impl FhirService {
    pub(super) fn capabilities(&self, exchange: &Exchange<'_>) -> Response {
        let mut writer = Writer::with_capacity(256 * 1024);
        writer.begin_object();
        text(
            &mut writer,
            &[
                ("resourceType", "CapabilityStatement"),
                ("status", "active"),
                ("date", &instant(exchange.now())),
                ("kind", "instance"),
                ("fhirVersion", self.schema.version().number()),
            ],
        );
        writer.name("format");
        writer.array(|writer| writer.string("application/fhir+json"));
        writer.name("software");
        writer.object(|writer| text(writer, &[("name", "Hygea"), ("version", env!("CARGO_PKG_VERSION"))]));
        writer.name("implementation");
        writer.object(|writer| {
            text(writer, &[("description", "Hygea FHIR service"), ("url", exchange.base())])
        });
        writer.name("rest");
        writer.array(|writer| {
            writer.object(|writer| {
                text(writer, &[("mode", "server")]);
                writer.name("resource");
                writer.array(|writer| {
                    for resource in self.schema.resources() {
                        self.resource(writer, resource.name());
                    }
                });
                writer.name("interaction");
                writer.array(|writer| {
                    for code in ["transaction", "batch"] {
                        writer.object(|writer| text(writer, &[("code", code)]));
                    }
                });
            });
        });
        writer.end_object();
        Response::new(200).body(FHIR_JSON, writer.into_bytes())
    }

    fn resource(&self, writer: &mut Writer, kind: &str) {
        writer.object(|writer| {
            text(writer, &[("type", kind)]);
            writer.name("interaction");
            writer.array(|writer| {
                for code in INTERACTIONS {
                    writer.object(|writer| text(writer, &[("code", code)]));
                }
            });
            text(writer, &[("versioning", "versioned")]);
            for (name, value) in [("readHistory", true), ("updateCreate", true), ("conditionalCreate", false)]
            {
                writer.name(name);
                writer.bool(value);
            }
            writer.name("searchParam");
            writer.array(|writer| {
                for parameter in self.index.parameters.of_type(kind) {
                    writer.object(|writer| {
                        let definition = parameter.definition();
                        text(
                            writer,
                            &[
                                ("name", parameter.code()),
                                ("definition", definition.url),
                                ("type", type_code(parameter.kind())),
                            ],
                        );
                    });
                }
            });
        });
    }
}

/// The code of <https://hl7.org/fhir/R4/valueset-search-param-type.html>.
fn type_code(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Number => "number",
        ParameterType::Date => "date",
        ParameterType::String => "string",
        ParameterType::Token => "token",
        ParameterType::Reference => "reference",
        ParameterType::Composite => "composite",
        ParameterType::Quantity => "quantity",
        ParameterType::Uri => "uri",
        ParameterType::Special => "special",
    }
}

fn text(writer: &mut Writer, members: &[(&str, &str)]) {
    for (name, value) in members {
        writer.name(name);
        writer.string(value);
    }
}
