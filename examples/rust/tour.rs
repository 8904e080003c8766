//! A tour through the services on real input: Synthea patients, a CT image, messages of two devices.
//!
//! ```text
//! cargo run --example tour            # looks for the reference data in HYGEA_TEST_DATA or ../shared/data
//! ```
//!
//! Everything goes through [`Engine::handle`], as it would from a web server or from C and Python; the data lies in
//! SQLite files in a folder that is removed at the end.

#![allow(clippy::print_stdout, reason = "a tour shows what it finds")]

use hygea_fhir_model::json::{Document, Node};
use hygea_service::{Call, Engine, FolderStorage, Method, Options, Request};
use hygea_store_sqlite::SqliteStores;
use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FHIR: &str = "/demo/fhir/r4";
const DICOM: &str = "/demo/dicom/images/v2";
const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo";
const BLOOD_PRESSURE: &str = "http://loinc.org|85354-9";

fn main() -> Result<()> {
    let data =
        std::env::var_os("HYGEA_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = tempfile::tempdir()?;
    let stores = SqliteStores::open(folder.path().join("stores"))?;
    let engine =
        Engine::open(FolderStorage::new(stores, folder.path().join("blobs")), Options::development())?;
    let tour = Tour { engine, call: Call::new().base_url("http://tour.example") };

    tour.patients(&data)?;
    tour.blood_pressures()?;
    tour.images()?;
    tour.devices(&data)?;
    tour.engine.close()?;
    Ok(())
}

struct Tour {
    engine: Engine,
    call: Call,
}

impl Tour {
    /// Sends a request and gives back the body of a successful answer.
    fn ask(&self, method: Method, target: &str, media_type: &str, body: &[u8]) -> Result<Vec<u8>> {
        let mut request = Request::new(method, target);
        if !body.is_empty() {
            request = request.header("content-type", media_type).body(body);
        }
        let response = self.engine.handle(&self.call, request);
        let status = response.status();
        let bytes = response.into_bytes()?;
        if status >= 300 {
            return Err(format!(
                "{} {target}: {status}: {}",
                method.as_str(),
                String::from_utf8_lossy(&bytes)
            )
            .into());
        }
        Ok(bytes)
    }

    fn get(&self, target: &str) -> Result<Vec<u8>> {
        self.ask(Method::Get, target, "", &[])
    }

    /// Loads the Synthea bundles, each as one transaction; hospitals and practitioners first.
    fn patients(&self, data: &Path) -> Result<()> {
        let mut bundles = Vec::new();
        let archive = std::fs::File::open(data.join("fhir/patients/r4-synthea-20.tar.zst"))?;
        for entry in tar::Archive::new(zstd::Decoder::new(archive)?).entries()? {
            let mut entry = entry?;
            let name = entry.path()?.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".json") {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                bundles.push((!name.starts_with("hospital"), !name.starts_with("practitioner"), name, bytes));
            }
        }
        bundles.sort();
        let mut resources = 0;
        for (_, _, _, bundle) in &bundles {
            let answer = self.ask(Method::Post, FHIR, "application/fhir+json", bundle)?;
            resources += Document::parse(&answer)?.root().get("entry").map_or(0, Node::len);
        }
        let answer = self.get(&format!("{FHIR}/Patient?_summary=count"))?;
        let patients =
            Document::parse(&answer)?.root().get("total").and_then(Node::as_i64).unwrap_or_default();
        println!("loaded {resources} resources of {patients} patients in {} transactions", bundles.len());
        Ok(())
    }

    /// Finds one patient's blood pressures, newest first.
    fn blood_pressures(&self) -> Result<()> {
        let answer = self.get(&format!("{FHIR}/Patient?family=Lemke"))?;
        let patients = Document::parse(&answer)?;
        let patient = resources(&patients).next().ok_or("no patient is called Lemke")?;
        let id = patient.get("id").and_then(Node::as_str).ok_or("a patient without an id")?;
        let code = BLOOD_PRESSURE.replace('|', "%7C");
        let target = format!("{FHIR}/Observation?patient=Patient/{id}&code={code}&_sort=-date&_count=100");
        let answer = self.get(&target)?;
        let observations = Document::parse(&answer)?;
        let mut shown = Vec::new();
        for observation in resources(&observations) {
            let date = observation.get("effectiveDateTime").and_then(Node::as_str).unwrap_or("?");
            let systolic = component(observation, "8480-6").ok_or("no systolic pressure")?;
            let diastolic = component(observation, "8462-4").ok_or("no diastolic pressure")?;
            shown.push(format!("{} {systolic}/{diastolic}", date.get(..10).unwrap_or(date)));
        }
        if shown.is_empty() {
            return Err("no blood pressure was found".into());
        }
        println!("blood pressures: {} of the patient, newest first: {}", shown.len(), shown.join(", "));
        Ok(())
    }

    /// Stores a CT image and finds it again by its attributes.
    fn images(&self) -> Result<()> {
        let folder = std::env::var_os("HYGEA_PYDICOM_DATA")
            .ok_or("HYGEA_PYDICOM_DATA names the folder of the pydicom package")?;
        let file = std::fs::read(Path::new(&folder).join("data/test_files/CT_small.dcm"))?;
        let mut body = b"--tour\r\nContent-Type: application/dicom\r\n\r\n".to_vec();
        body.extend_from_slice(&file);
        body.extend_from_slice(b"\r\n--tour--\r\n");
        let media_type = r#"multipart/related; type="application/dicom"; boundary=tour"#;
        self.ask(Method::Post, &format!("{DICOM}/studies"), media_type, &body)?;

        let answer = self.get(&format!("{DICOM}/instances?Modality=CT&includefield=Rows"))?;
        let instances = Document::parse(&answer)?;
        let instance = instances.root().at(0).ok_or("the CT instance was not found")?;
        let value =
            |tag: &str| instance.get(tag).and_then(|element| element.get("Value")?.at(0)?.as_primitive());
        let (study, series) = (value("0020000D").unwrap_or("?"), value("0020000E").unwrap_or("?"));
        let uid = value("00080018").unwrap_or("?");
        let stored = self.get(&format!("{DICOM}/studies/{study}/series/{series}/instances/{uid}"))?;
        let whole = stored.windows(file.len().saturating_sub(132)).any(|window| file.ends_with(window));
        println!(
            "CT instance found: {uid}, {} rows, file of {} bytes came back whole: {whole}",
            value("00280010").unwrap_or("?"),
            file.len()
        );
        if whole { Ok(()) } else { Err("the file changed on its way".into()) }
    }

    /// Gives a connector the mappings of the MedTech samples, posts the samples' messages, and reads what they became.
    fn devices(&self, data: &Path) -> Result<()> {
        let samples = data.join("iomt/medtech-samples");
        let mut before = self.observations()?;
        for (connector, folder, messages) in [
            (
                "conversions",
                "calculatedcontent/conversions-using-functions",
                &["testMessageA.json", "testMessageB.json"][..],
            ),
            (
                "splitting",
                "iotjsonpathcontent/single-device-message-into-multiple-resources",
                &["testMessage.json"][..],
            ),
        ] {
            let folder = samples.join(folder);
            let device = std::fs::read_to_string(folder.join("deviceMapping.json"))?;
            let fhir = std::fs::read_to_string(folder.join("fhirDestinationMapping.json"))?;
            let address = format!(
                "{GROUP}/providers/Microsoft.HealthcareApis/workspaces/demo/iotconnectors/{connector}"
            );
            let connector_body = format!(
                r#"{{"location": "local", "properties": {{"deviceMapping": {{"content": {device}}}}}}}"#
            );
            self.ask(
                Method::Put,
                &format!("{address}?api-version=2024-03-31"),
                "application/json",
                connector_body.as_bytes(),
            )?;
            let service =
                format!("{GROUP}/providers/Microsoft.HealthcareApis/workspaces/demo/fhirservices/r4");
            let destination_body = format!(
                r#"{{"location": "local", "properties": {{"resourceIdentityResolutionType": "Create",
                    "fhirServiceResourceId": "{service}", "fhirMapping": {{"content": {fhir}}}}}}}"#
            );
            let destination = format!("{address}/fhirdestinations/records?api-version=2024-03-31");
            self.ask(Method::Put, &destination, "application/json", destination_body.as_bytes())?;
            for message in messages {
                let mut message = std::fs::read_to_string(folder.join(message))?;
                if connector == "splitting" {
                    // What a hub says of a message, beside the message.
                    message = format!(
                        r#"{{"Body": {message}, "Properties": {{"iothub-creation-time-utc": "2023-07-25T19:33:13.087Z"}},
                            "SystemProperties": {{"iothub-connection-device-id": "sampleDeviceId"}}}}"#
                    );
                }
                let target = format!("/demo/iot/{connector}/messages?wait=true");
                self.ask(Method::Post, &target, "application/json", message.as_bytes())?;
            }
            let after = self.observations()?;
            println!("observations from devices: {} by connector {connector}", after - before);
            before = after;
        }
        let answer = self.get(&format!("{FHIR}/Observation?device:missing=false&_count=3"))?;
        let observations = Document::parse(&answer)?;
        for observation in resources(&observations) {
            let reference =
                |member: &str| observation.get(member).and_then(|member| member.get("reference")?.as_str());
            println!("  measured by {}", reference("device").unwrap_or("?"));
        }
        Ok(())
    }

    /// How many Observations name a device.
    fn observations(&self) -> Result<i64> {
        let answer = self.get(&format!("{FHIR}/Observation?device:missing=false&_summary=count"))?;
        Ok(Document::parse(&answer)?.root().get("total").and_then(Node::as_i64).unwrap_or_default())
    }
}

/// The resources of a Bundle.
fn resources<'d>(bundle: &'d Document<'d>) -> impl Iterator<Item = Node<'d>> {
    bundle.root().get("entry").into_iter().flat_map(Node::items).filter_map(|entry| entry.get("resource"))
}

/// The value of the component with a LOINC code.
fn component<'d>(observation: Node<'d>, code: &str) -> Option<&'d str> {
    let has_code = |component: &Node<'d>| {
        let codings = component.get("code").and_then(|code| code.get("coding"));
        codings
            .into_iter()
            .flat_map(Node::items)
            .any(|coding| coding.get("code").and_then(Node::as_str) == Some(code))
    };
    observation.get("component")?.items().find(has_code)?.get("valueQuantity")?.get("value")?.as_number()
}
