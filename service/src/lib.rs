//! The engine: FHIR REST, DICOMweb, device messages and management without a socket.
