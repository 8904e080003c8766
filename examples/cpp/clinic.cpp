// A small EHR in C++17: it keeps a patient, finds her again, and takes the reading of a device.
//
//     c++ -std=c++17 clinic.cpp -o clinic $(pkg-config --cflags --libs hygea)
//     ./clinic clinic-data
//
// Every request goes through engine::handle, as it would from the web server of the program.

#include <hygea.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view fhir = "/demo/fhir/r4";

constexpr std::string_view patient = R"({"resourceType":"Patient",
    "identifier":[{"system":"urn:clinic:mrn","value":"4711"}],
    "name":[{"family":"Smith","given":["Jane"]}],"gender":"female","birthDate":"1970-01-31"})";

constexpr std::string_view message = R"({"deviceId":"monitor-1","patientId":"4711",
    "timestamp":"2026-01-31T12:00:00Z","heartRate":78})";

class clinic {
public:
    explicit clinic(hygea::engine engine) : engine_(std::move(engine)) {}

    bool run() const {
        return keep_patient() &&
               expect(hygea::request("GET", "/demo/fhir/r4/Patient?family=smith&birthdate=1970-01-31&_total=accurate"), 200,
                      R"("total":1)") &&
               take_reading() && refuse_nonsense() && engine_.close().ok();
    }

private:
    // Sends a request; gives the response if it has the wanted status.
    std::optional<hygea::response> ask(const hygea::request &request, unsigned wanted) const {
        auto response = engine_.handle(hygea::call().base_url("https://clinic.example"), request);
        if (!response) {
            std::cerr << response.error().code() << ": " << response.error().message() << '\n';
            return std::nullopt;
        }
        if (response->status() == wanted) return std::move(*response);
        std::cerr << "wanted " << wanted << ", got " << response->status();
        if (auto body = response->body()) std::cerr << ": " << *body;
        std::cerr << '\n';
        return std::nullopt;
    }

    bool expect(const hygea::request &request, unsigned wanted, std::string_view text) const {
        auto response = ask(request, wanted);
        if (!response) return false;
        auto body = response->body();
        if (body && body->find(text) != std::string_view::npos) return true;
        std::cerr << "no " << text << " in the answer\n";
        return false;
    }

    // Creates the patient, whose id comes back in the Location header, and reads her.
    bool keep_patient() const {
        auto created = ask(hygea::request("POST", "/demo/fhir/r4/Patient")
                               .header("content-type", "application/fhir+json")
                               .header("prefer", "return=minimal")
                               .body(patient),
                           201);
        if (!created) return false;
        for (hygea::header field : created->headers()) std::cout << field.name << ": " << field.value << '\n';
        std::string path(created->header("Location").value_or(""));
        path.erase(std::min(path.find("/_history/"), path.size()));
        path.erase(0, std::min(path.find(fhir), path.size()));
        return expect(hygea::request("GET", path), 200, R"("family":"Smith")");
    }

    // Takes a reading of a device, which becomes an Observation in the FHIR service of the connector. The body comes
    // piece by piece, as from a socket.
    bool take_reading() const {
        std::string_view left = message;
        hygea::reader socket = [&left](std::uint8_t *buffer, std::size_t capacity) {
            std::size_t count = std::min({left.size(), capacity, std::size_t{16}});
            std::memcpy(buffer, left.data(), count);
            left.remove_prefix(count);
            return static_cast<std::int64_t>(count);
        };
        auto request = hygea::request("POST", "/demo/iot/devices/messages").query("wait=true").body(socket);
        request.header("content-type", "application/json");
        if (!ask(request, 202)) return false;

        // The answer goes piece by piece as well.
        auto found = ask(hygea::request("GET", "/demo/fhir/r4/Observation?device:missing=false"), 200);
        std::string bundle;
        bool written = found && found->write([&bundle](std::string_view part) { return bundle.append(part), true; }).ok();
        return written && bundle.find(R"("value":78)") != std::string::npos;
    }

    // A resource that is none is refused with an OperationOutcome that names the place.
    bool refuse_nonsense() const {
        auto nonsense = hygea::request("POST", "/demo/fhir/r4/Patient").body(R"({"resourceType":"Patient","birthDate":1970})");
        return expect(nonsense, 400, "Patient.birthDate");
    }

    hygea::engine engine_;
};

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " FOLDER\n";
        return 2;
    }
    if (!hygea::library_fits()) {
        std::cerr << "the loaded libhygea is not the one that this program was made for\n";
        return 2;
    }
    auto opened = hygea::engine::open(argv[1], hygea::options().development());
    if (!opened) {
        std::cerr << argv[1] << ": " << opened.error().message() << '\n';
        return EXIT_FAILURE;
    }
    bool well = clinic(std::move(*opened)).run();
    std::cout << (well ? "all is well\n" : "something is not as it should be\n");
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
