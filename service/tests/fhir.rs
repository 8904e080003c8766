//! FHIR over the engine: each interaction of the API, and what happens to bad input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking"
)]

use hygea_service::{Call, Engine, MemoryStorage, Method, Options, Request};
use serde_json::{Value, json};

const BASE: &str = "/demo/fhir/r4";
const FULL: &str = "http://records.example/demo/fhir/r4";

struct Client(Engine);

struct Answer {
    status: u16,
    headers: hygea_service::Headers,
    body: Value,
}

impl Client {
    fn new() -> Self {
        Self(Engine::open(MemoryStorage::new(), Options::development()).unwrap())
    }

    fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let target = format!("{BASE}{path}");
        let mut request = Request::new(method, &target);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let response = self.0.handle(&Call::new().base_url("http://records.example"), request);
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_bytes().unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, headers, body }
    }

    fn get(&self, path: &str) -> Answer {
        self.send(Method::Get, path, &[], &[])
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::Post, path, &[], body.to_string().as_bytes())
    }

    fn put(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send(Method::Put, path, headers, body.to_string().as_bytes())
    }

    fn total(&self, search: &str) -> u64 {
        let answer = self.get(search);
        assert_eq!(answer.status, 200, "{search}: {}", answer.body);
        answer.body["total"].as_u64().unwrap_or_else(|| panic!("{search}: no total"))
    }
}

fn patient(family: &str) -> Value {
    json!({"resourceType": "Patient", "name": [{"family": family, "given": ["Ann"]}], "gender": "female", "birthDate": "1970-01-01"})
}

#[test]
fn create_read_update_delete_and_history() {
    let client = Client::new();
    let created = client.post("/Patient", &patient("Smith"));
    assert_eq!(created.status, 201, "{}", created.body);
    let id = created.body["id"].as_str().unwrap().to_owned();
    assert_eq!(created.headers.first("etag"), Some("W/\"1\""));
    assert_eq!(created.headers.first("location"), Some(format!("{FULL}/Patient/{id}/_history/1").as_str()));
    assert!(created.headers.first("last-modified").unwrap().ends_with(" GMT"));
    assert_eq!(created.body["meta"]["versionId"], "1");

    let path = format!("/Patient/{id}");
    let read = client.get(&path);
    assert_eq!((read.status, &read.body), (200, &created.body));
    assert_eq!(client.send(Method::Get, &path, &[("if-none-match", "W/\"1\"")], &[]).status, 304);
    let head = client.send(Method::Head, &path, &[], &[]);
    assert_eq!((head.status, head.body), (200, Value::Null));

    let mut changed = patient("Jones");
    changed["id"] = json!(id);
    let updated = client.put(&path, &[("if-match", "W/\"1\"")], &changed);
    assert_eq!((updated.status, updated.headers.first("etag")), (200, Some("W/\"2\"")), "{}", updated.body);
    let stale = client.put(&path, &[("if-match", "W/\"1\"")], &changed);
    assert_eq!((stale.status, stale.body["issue"][0]["code"].as_str()), (412, Some("conflict")));
    assert_eq!(client.get(&format!("{path}/_history/1")).body["name"][0]["family"], "Smith");
    assert_eq!(client.get(&format!("{path}/_history/9")).status, 404);

    let deleted = client.send(Method::Delete, &path, &[], &[]);
    assert_eq!((deleted.status, deleted.headers.first("etag")), (204, Some("W/\"3\"")));
    let gone = client.get(&path);
    assert_eq!((gone.status, gone.headers.first("etag")), (410, Some("W/\"3\"")));
    assert_eq!(gone.body["resourceType"], "OperationOutcome");
    assert_eq!(client.get(&format!("{path}/_history/3")).status, 410);
    assert_eq!(client.send(Method::Delete, &path, &[], &[]).status, 204);

    let history = client.get(&format!("{path}/_history"));
    assert_eq!(
        (history.status, history.body["type"].as_str(), history.body["total"].as_u64()),
        (200, Some("history"), Some(3))
    );
    let methods: Vec<_> = history.body["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["request"]["method"].clone())
        .collect();
    assert_eq!(methods, ["DELETE", "PUT", "PUT"]);
    let first = client.get(&format!("{path}/_history?_count=2"));
    let next = first.body["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").unwrap();
    let rest = client.get(next["url"].as_str().unwrap().strip_prefix(FULL).unwrap());
    assert_eq!(rest.body["entry"].as_array().unwrap().len(), 1);

    let undeleted = client.put(&path, &[], &changed);
    assert_eq!((undeleted.status, undeleted.headers.first("etag")), (201, Some("W/\"4\"")));
}

#[test]
fn update_creates_and_preferences_shape_the_answer() {
    let client = Client::new();
    let mut mine = patient("Own");
    mine["id"] = json!("my-1");
    let minimal = client.put("/Patient/my-1", &[("prefer", "return=minimal")], &mine);
    assert_eq!((minimal.status, minimal.body), (201, Value::Null));
    let outcome = client.put("/Patient/my-1", &[("prefer", "return=OperationOutcome")], &mine);
    assert_eq!((outcome.status, outcome.body["resourceType"].as_str()), (200, Some("OperationOutcome")));
    assert_eq!(client.put("/Patient/my-1", &[("if-none-match", "*")], &mine).status, 412);
    assert_eq!(client.put("/Patient/my-1", &[("prefer", "return=everything")], &mine).status, 400);
}

/// Method, path, content type, body, then the status, the issue code and a piece of the place or message.
type Bad<'a> = (Method, &'a str, &'a str, &'a str, u16, &'a str, &'a str);

#[test]
fn bad_input_gets_its_status_and_outcome_and_writes_nothing() {
    let client = Client::new();
    let json = "application/fhir+json";
    let deep =
        format!("{{\"resourceType\":\"Patient\",\"extension\":{}1{}}}", "[".repeat(300), "]".repeat(300));
    let table: &[Bad<'_>] = &[
        (
            Method::Post,
            "/Patient",
            json,
            "{\"resourceType\": \"Patient\", \"name\": [}",
            400,
            "structure",
            "name[0]",
        ),
        (
            Method::Post,
            "/Patient",
            json,
            "{\"resourceType\": \"Patient\", \"gender\": \"male\", \"gender\": \"male\"}",
            400,
            "structure",
            "gender",
        ),
        (Method::Post, "/Patient", json, &deep, 400, "structure", "extension"),
        (
            Method::Post,
            "/Patient",
            json,
            "{\"resourceType\": \"Patient\", \"name\": [{\"given\": \"Ann\"}]}",
            400,
            "structure",
            "Patient.name[0].given",
        ),
        (
            Method::Post,
            "/Patient",
            json,
            "{\"resourceType\": \"Patient\", \"birthDate\": \"1970-13-01\"}",
            400,
            "value",
            "Patient.birthDate",
        ),
        (
            Method::Post,
            "/Patient",
            json,
            "{\"resourceType\": \"Patient\", \"nothing\": 1}",
            400,
            "structure",
            "Patient.nothing",
        ),
        (Method::Post, "/Patient", json, "{\"resourceType\": \"Nothing\"}", 400, "", "resourceType"),
        (
            Method::Post,
            "/Patient",
            json,
            "{\"resourceType\": \"Observation\"}",
            400,
            "invariant",
            "resourceType",
        ),
        (Method::Post, "/Nothing", json, "{\"resourceType\": \"Nothing\"}", 404, "not-supported", ""),
        (Method::Get, "/Nothing", "", "", 404, "not-supported", ""),
        (Method::Get, "/Patient/absent", "", "", 404, "not-found", ""),
        (Method::Get, "/Patient/a%20b", "", "", 404, "not-found", ""),
        (Method::Put, "/Patient/a_b", json, "{\"resourceType\": \"Patient\", \"id\": \"a_b\"}", 400, "", ""),
        (
            Method::Put,
            "/Patient/a",
            json,
            "{\"resourceType\": \"Patient\", \"id\": \"b\"}",
            400,
            "invariant",
            "id",
        ),
        (Method::Put, "/Patient/a", json, "{\"resourceType\": \"Patient\"}", 400, "invariant", "id"),
        (Method::Post, "/Patient", "application/fhir+xml", "<Patient/>", 415, "not-supported", ""),
        (Method::Post, "/Patient", json, "", 400, "structure", ""),
        (Method::Patch, "/Patient/a", json, "[]", 405, "not-supported", ""),
        (Method::Post, "/Patient/$match", json, "{}", 400, "not-supported", ""),
        (Method::Get, "/Patient?nothing=1", "", "", 400, "not-supported", "nothing"),
        (Method::Get, "/Patient?birthdate=yesterday", "", "", 400, "invalid", "birthdate"),
        (Method::Get, "/Patient?_count=-1", "", "", 400, "invalid", "_count"),
        (Method::Get, "/Patient?_cursor=zzz", "", "", 400, "invalid", "cursor"),
        (Method::Get, "/a/b/c/d/e", "", "", 404, "not-found", ""),
        (Method::Post, "", json, "{\"resourceType\": \"Patient\"}", 400, "invariant", "resourceType"),
        (
            Method::Post,
            "",
            json,
            "{\"resourceType\": \"Bundle\", \"type\": \"collection\"}",
            400,
            "invariant",
            "Bundle.type",
        ),
    ];
    for (method, path, media_type, body, status, code, place) in table {
        let headers: &[(&str, &str)] =
            if media_type.is_empty() { &[] } else { &[("content-type", media_type)] };
        let answer = client.send(*method, path, headers, body.as_bytes());
        let shown = format!("{} {path}: {}", method.as_str(), answer.body);
        assert_eq!(answer.status, *status, "{shown}");
        assert_eq!(answer.body["resourceType"], "OperationOutcome", "{shown}");
        if !code.is_empty() {
            assert_eq!(answer.body["issue"][0]["code"].as_str(), Some(*code), "{shown}");
        }
        assert!(answer.body["issue"][0].to_string().contains(place), "{shown}");
    }
    assert_eq!(client.send(Method::Get, "/Patient", &[("accept", "application/fhir+xml")], &[]).status, 406);
    for kind in ["Patient", "Observation"] {
        assert_eq!(client.total(&format!("/{kind}?_summary=count")), 0);
    }
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_read_whole() {
    let client = Client::new();
    let endless = hygea_service::Body::Reader(Box::new(std::io::repeat(b' ')));
    let target = format!("{BASE}/Patient");
    let response = client.0.handle(&Call::new(), Request::new(Method::Post, &target).body(endless));
    assert_eq!(response.status(), 413);
}

#[test]
fn search_finds_by_every_type_of_parameter_and_pages() {
    let client = Client::new();
    for (index, family) in ["Smith", "Smythe", "Ångström", "de Vries", "Jones"].iter().enumerate() {
        let mut resource = patient(family);
        resource["identifier"] = json!([{"system": "urn:mrn", "value": format!("M{index}")}]);
        resource["birthDate"] = json!(format!("19{}0-06-15", 5 + index));
        resource["meta"] = json!({"tag": [{"system": "urn:t", "code": format!("t{}", index % 2)}], "profile": ["http://p.example/one"]});
        assert_eq!(client.post("/Patient", &resource).status, 201);
    }
    let patients = client.get("/Patient?family=smith");
    let smith = patients.body["entry"][0]["resource"]["id"].as_str().unwrap().to_owned();
    assert_eq!(patients.body["entry"][0]["fullUrl"], format!("{FULL}/Patient/{smith}"));
    assert_eq!(patients.body["entry"][0]["search"]["mode"], "match");
    for index in 0..7 {
        let observation = json!({
            "resourceType": "Observation", "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}], "text": "Heart rate"},
            "subject": {"reference": format!("Patient/{smith}")},
            "effectiveDateTime": format!("2026-01-0{}T10:00:00Z", index + 1),
            "valueQuantity": {"value": 60 + index, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}
        });
        assert_eq!(client.post("/Observation", &observation).status, 201);
    }
    let table = [
        ("/Patient?family=sm", 2),
        ("/Patient?family=angstrom", 1),
        ("/Patient?family:exact=Smith", 1),
        ("/Patient?family:exact=smith", 0),
        ("/Patient?name:contains=RIE", 1),
        ("/Patient?gender=female", 5),
        ("/Patient?gender=http://hl7.org/fhir/administrative-gender|female", 5),
        ("/Patient?gender:not=female", 0),
        ("/Patient?identifier=urn:mrn|M3", 1),
        ("/Patient?identifier=urn:mrn|M3,urn:mrn|M4", 2),
        ("/Patient?identifier=M3", 1),
        ("/Patient?identifier=|M3", 0),
        ("/Patient?birthdate=1970", 1),
        ("/Patient?birthdate=ge1970-06-15", 3),
        ("/Patient?birthdate=lt1970", 2),
        ("/Patient?birthdate=gt1960&birthdate=lt1980", 1),
        ("/Patient?_tag=t1", 2),
        ("/Patient?_profile=http://p.example/one", 5),
        ("/Patient?_lastUpdated=gt2020-01-01", 5),
        ("/Patient?_lastUpdated=lt2020-01-01", 0),
        ("/Patient?telecom:missing=true", 5),
        ("/Observation?code=8867-4", 7),
        ("/Observation?code=http://loinc.org|8867-4&date=2026-01-03", 1),
        ("/Observation?subject=Patient/SMITH", 7),
        ("/Observation?patient=SMITH", 7),
        ("/Observation?subject=http://records.example/demo/fhir/r4/Patient/SMITH", 7),
        ("/Observation?value-quantity=62", 1),
        ("/Observation?value-quantity=gt64|http://unitsofmeasure.org|/min", 2),
        ("/Observation?value-quantity=62||mg", 0),
        ("/Observation?patient.family=smith", 7),
        ("/Patient?_has:Observation:patient:code=8867-4", 1),
    ];
    for (search, wanted) in table {
        let search = search.replace("SMITH", &smith).replace('|', "%7C");
        let found = client.get(&format!("{search}&_total=accurate"));
        assert_eq!(found.status, 200, "{search}: {}", found.body);
        assert_eq!(found.body["total"], wanted, "{search}");
        assert_eq!(found.body["entry"].as_array().map_or(0, Vec::len) as u64, wanted, "{search}");
        assert_eq!(client.total(&format!("{search}&_summary=count")), wanted, "{search}");
        let (path, form) = search.split_once('?').unwrap();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let posted = client.send(Method::Post, &format!("{path}/_search"), &headers, form.as_bytes());
        assert_eq!(posted.body["entry"].as_array().map_or(0, Vec::len) as u64, wanted, "POST {search}");
    }
    assert_eq!(client.get(&format!("/Patient?_id={smith}")).body["entry"].as_array().unwrap().len(), 1);

    let mut dates = Vec::new();
    let mut page = "/Observation?code=8867-4&_sort=-date&_count=3".to_owned();
    loop {
        let found = client.get(&page);
        assert_eq!(found.status, 200, "{page}: {}", found.body);
        dates.extend(
            found.body["entry"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["resource"]["effectiveDateTime"].clone()),
        );
        let links = found.body["link"].as_array().unwrap();
        let Some(next) = links.iter().find(|link| link["relation"] == "next") else { break };
        page = next["url"].as_str().unwrap().strip_prefix(FULL).unwrap().to_owned();
    }
    let wanted: Vec<_> = (1..=7).rev().map(|day| json!(format!("2026-01-0{day}T10:00:00Z"))).collect();
    assert_eq!(dates, wanted);

    let lenient =
        client.send(Method::Get, "/Patient?nothing=1&family=jones", &[("prefer", "handling=lenient")], &[]);
    assert_eq!(lenient.status, 200);
    let entries = lenient.body["entry"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1]["search"]["mode"], "outcome");
    assert!(!lenient.body["link"][0]["url"].as_str().unwrap().contains("nothing"));
}

#[test]
fn a_transaction_rewrites_references_and_is_all_or_nothing() {
    let client = Client::new();
    let bundle = |broken: bool| {
        json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"fullUrl": "urn:uuid:o1", "resource": {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
                "subject": {"reference": if broken { "urn:uuid:nobody" } else { "urn:uuid:p1" }}},
             "request": {"method": "POST", "url": "Observation"}},
            {"fullUrl": "urn:uuid:p1", "resource": {"resourceType": "Patient", "text": {"status": "generated",
                "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"urn:uuid:o1\">o</a></div>"}},
             "request": {"method": "POST", "url": "Patient"}},
            {"fullUrl": "urn:uuid:p2", "resource": {"resourceType": "Patient", "id": "fixed", "link": [
                {"other": {"reference": "urn:uuid:p1"}, "type": "seealso"}]},
             "request": {"method": "PUT", "url": "Patient/fixed"}},
            {"request": {"method": "GET", "url": "Patient/fixed"}}
        ]})
    };
    let refused = client.post("", &bundle(true));
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(refused.body["issue"][0]["expression"][0], "Bundle.entry[0].resource.subject.reference");
    assert_eq!(client.total("/Patient?_summary=count"), 0);

    let done = client.post("", &bundle(false));
    assert_eq!(
        (done.status, done.body["type"].as_str()),
        (200, Some("transaction-response")),
        "{}",
        done.body
    );
    let entries = done.body["entry"].as_array().unwrap();
    let statuses: Vec<_> =
        entries.iter().map(|entry| entry["response"]["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["201 Created", "201 Created", "201 Created", "200 OK"]);
    let locate = |index: usize| {
        let location = entries[index]["response"]["location"].as_str().unwrap();
        let path = location.strip_prefix(FULL).unwrap().split("/_history").next().unwrap();
        path.to_owned()
    };
    let (observation, person) = (locate(0), locate(1));
    assert_eq!(client.get(&observation).body["subject"]["reference"], person[1..]);
    let div = client.get(&person).body["text"]["div"].as_str().unwrap().to_owned();
    assert!(div.contains(&format!("href=\"{}\"", &observation[1..])), "{div}");
    assert_eq!(entries[3]["resource"]["link"][0]["other"]["reference"], person[1..]);

    let conflict = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}},
        {"resource": {"resourceType": "Patient", "id": "fixed"}, "request": {"method": "PUT", "url": "Patient/fixed", "ifMatch": "W/\"7\""}}
    ]});
    let before = client.total("/Patient?_summary=count");
    let refused = client.post("", &conflict);
    assert_eq!(
        (refused.status, refused.body["issue"][0]["expression"][0].as_str()),
        (412, Some("Bundle.entry[1]")),
        "{}",
        refused.body
    );
    assert_eq!(client.total("/Patient?_summary=count"), before);

    let twice = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": {"resourceType": "Patient", "id": "a"}, "request": {"method": "PUT", "url": "Patient/a"}},
        {"request": {"method": "DELETE", "url": "Patient/a"}}
    ]});
    assert_eq!(client.post("", &twice).body["issue"][0]["code"], "duplicate");
}

#[test]
fn a_batch_answers_each_entry_by_itself() {
    let client = Client::new();
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"resource": patient("One"), "request": {"method": "POST", "url": "Patient"}},
        {"request": {"method": "GET", "url": "Patient/absent"}},
        {"resource": {"resourceType": "Patient", "nothing": 1}, "request": {"method": "POST", "url": "Patient"}},
        {"request": {"method": "GET", "url": "Patient?family=one"}},
        {"resource": patient("Two"), "request": {"method": "SEND", "url": "Patient"}}
    ]});
    let done = client.post("", &bundle);
    assert_eq!((done.status, done.body["type"].as_str()), (200, Some("batch-response")));
    let statuses: Vec<_> = done.body["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["response"]["status"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(statuses, ["201 Created", "404 Not Found", "400 Bad Request", "200 OK", "400 Bad Request"]);
    assert_eq!(done.body["entry"][1]["response"]["outcome"]["issue"][0]["code"], "not-found");
    assert_eq!(done.body["entry"][3]["resource"]["entry"].as_array().unwrap().len(), 1);
}

#[test]
fn the_capability_statement_says_what_is_there() {
    let client = Client::new();
    let statement = client.get("/metadata").body;
    assert_eq!(
        (statement["resourceType"].as_str(), statement["fhirVersion"].as_str()),
        (Some("CapabilityStatement"), Some("4.0.1"))
    );
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    assert_eq!(resources.len(), 146);
    let patient = resources.iter().find(|resource| resource["type"] == "Patient").unwrap();
    assert!(patient["searchParam"].as_array().unwrap().iter().any(|parameter| parameter["name"] == "family"));
}
