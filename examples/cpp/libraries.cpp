// The libraries without an engine, in C++17: a resource is read, asked and searched; a DICOM file becomes JSON; device
// messages become resources. Nothing is stored, so the program needs no folder. Here with exceptions: value() throws.
//
//     c++ -std=c++17 libraries.cpp -o libraries $(pkg-config --cflags --libs hygea) && ./libraries

#define HYGEA_EXCEPTIONS
#include <hygea.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

void want(bool holds, const char *what) {
    if (!holds) throw std::logic_error(what);
}

// A resource is read, its names are asked for, and a search is held against it.
void resources() {
    auto patient = hygea::resource::parse(R"({"resourceType": "Patient", "id": "p1", "birthDate": "1970-01-31",
        "name": [{"use": "official", "family": "Smith", "given": ["Jane", "Ann"]}]})").value();
    std::cout << patient.type() << '/' << patient.id() << ": " << patient.json().value().view() << '\n';

    auto given = hygea::fhirpath::compile("name.given").value();
    auto names = given.evaluate(patient).value();
    std::size_t count = 0;
    for (std::string_view name : names) {
        std::cout << "given: " << name << '\n';
        ++count;
    }
    want(count == 2, "two given names");
    want(patient.eval("today()").ok() == false, "no clock, no today()");
    want(given.evaluate(patient, "2026-01-31T12:00:00Z").ok(), "a clock is given");

    auto query = hygea::query::parse("Patient", "family=smi&birthdate=lt1980").value();
    std::cout << "query: " << query.text().value().view() << '\n';
    want(query.matches(patient).value(), "the patient matches");

    std::string written;
    patient.write([&written](std::string_view part) { return written.append(part), true; }).value();
    want(written == patient.json().value().view(), "both ways of writing agree");
}

// A resource that breaks a rule is refused with the place and an OperationOutcome.
void faults() {
    try {
        auto none = hygea::resource::parse(R"({"resourceType":"Patient","birthDate":"yesterday"})").value();
        want(none.type().empty(), "nothing comes here");
    } catch (const hygea::exception &refused) {
        std::cout << "refused: " << refused.what() << '\n';
        want(refused.code() == HYGEA_E_MODEL_INVALID_PRIMITIVE, "the number of the failure");
        want(refused.outcome().find("OperationOutcome") != std::string::npos, "an OperationOutcome");
    }
}

// A DICOM data set, here one that an older device sends: implicit VR, no preamble. It comes byte by byte.
void images() {
    using namespace std::string_view_literals;
    std::string_view left = "\x08\0\x60\0\2\0\0\0CT"
                            "\x10\0\x10\0\x08\0\0\0Smith^J "sv;
    auto dataset = hygea::dataset::read([&left](std::uint8_t *buffer, std::size_t capacity) {
        std::size_t count = std::min({left.size(), capacity, std::size_t{1}});
        std::memcpy(buffer, left.data(), count);
        left.remove_prefix(count);
        return static_cast<std::int64_t>(count);
    }).value();
    std::cout << dataset.transfer_syntax() << ": " << dataset.json().value().view() << '\n';
    want(dataset.json().value().view().find("Smith^J\"") != std::string_view::npos, "the name of the patient");

    // An exception in a callback stays on this side of the library.
    auto broken = hygea::dataset::read([](std::uint8_t *, std::size_t) -> std::int64_t { throw std::runtime_error("cut"); });
    want(!broken && broken.error().code() == HYGEA_E_CALLBACK, "a reader that fails");
}

// Two messages of a device: a patient, a device, and two observations.
void devices() {
    auto mapper = hygea::mapper::make(
        R"({"templateType":"CollectionContent","template":[{"templateType":"CalculatedContent","template":{
            "typeName":"heartrate","typeMatchExpression":"$..[?(@.rate)]",
            "deviceIdExpression":"$.matchedToken.device","patientIdExpression":"$.matchedToken.patient",
            "timestampExpression":"$.matchedToken.time",
            "values":[{"valueName":"rate","valueExpression":"$.matchedToken.rate","required":true}]}}]})",
        R"({"templateType":"CollectionFhir","template":[{"templateType":"CodeValueFhir","template":{
            "typeName":"heartrate","periodInterval":0,
            "codes":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}],
            "value":{"valueName":"rate","valueType":"Quantity","unit":"/min"}}}]})",
        hygea::mapper::mode::strict).value();
    std::vector<std::string_view> messages = {
        R"({"device":"d1","patient":"p1","time":"2026-01-31T12:00:00Z","rate":78})",
        R"({"device":"d1","patient":"p1","time":"2026-01-31T12:01:00Z","rate":80})",
    };
    auto measurements = mapper.normalize(messages).value();
    want(measurements.next() && measurements.next() && !measurements.next(), "two measurements");
    auto mapped = mapper.map(messages, "2026-01-31T12:02:00Z").value();
    std::size_t count = 0;
    for (std::string_view resource : mapped) {
        std::cout << "mapped: " << hygea::resource::parse(resource).value().type() << '\n';
        ++count;
    }
    want(count == 4, "a patient, a device and two observations");
}

} // namespace

int main() {
    try {
        want(hygea::library_fits(), "the library that this program was made for");
        resources();
        faults();
        images();
        devices();
    } catch (const std::exception &fault) {
        std::cerr << "not as it should be: " << fault.what() << '\n';
        return EXIT_FAILURE;
    }
    std::cout << "all is well\n";
    return EXIT_SUCCESS;
}
