/* A small EHR in C99: it keeps a patient, finds her again, and takes the reading of a device.
 *
 *     cc -std=c99 clinic.c -o clinic $(pkg-config --cflags --libs hygea)
 *     ./clinic clinic-data
 *
 * Every request goes through hygea_engine_handle, as it would from the web server of the program. */

#include <hygea.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FHIR "/demo/fhir/r4"

static const char PATIENT[] =
    "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:clinic:mrn\",\"value\":\"4711\"}],"
    "\"name\":[{\"family\":\"Smith\",\"given\":[\"Jane\"]}],\"gender\":\"female\",\"birthDate\":\"1970-01-31\"}";

static const char MESSAGE[] =
    "{\"deviceId\":\"monitor-1\",\"patientId\":\"4711\",\"timestamp\":\"2026-01-31T12:00:00Z\",\"heartRate\":78}";

/* Prints what went wrong, frees it, and gives the number that main returns. */
static int complain(const char *what, hygea_status status, hygea_error *err) {
    hygea_str message = hygea_error_message(err);
    fprintf(stderr, "%s: %d: %.*s\n", what, (int)status, (int)message.len, message.ptr == NULL ? "" : message.ptr);
    hygea_error_free(err);
    return 1;
}

/* Sends a request. Gives the response if it has the wanted status, and NULL after saying what it is otherwise. */
static hygea_response *ask(const hygea_engine *engine, const char *method, const char *path, const char *body,
                           const hygea_reader *body_reader, unsigned wanted) {
    hygea_header media_type;
    hygea_request request = {0};
    hygea_response *response = NULL;
    hygea_bytes answer = {NULL, 0};
    hygea_error *err = NULL;
    hygea_status status;

    media_type.name = hygea_str_of("content-type");
    media_type.value = hygea_str_of("application/json");
    request.struct_size = sizeof request;
    request.method = hygea_str_of(method);
    request.path = hygea_str_of(path);
    request.headers = &media_type;
    request.header_count = 1;
    request.body = hygea_bytes_of(body);
    request.body_reader = body_reader;

    status = hygea_engine_handle(engine, NULL, &request, &response, &err);
    if (status != HYGEA_OK) {
        complain(path, status, err);
        return NULL;
    }
    printf("%s %s: %" PRIu16 "\n", method, path, hygea_response_status(response));
    if (hygea_response_status(response) != wanted) {
        if (hygea_response_body(response, &answer, NULL) == HYGEA_OK) {
            fprintf(stderr, "wanted %u, got: %.*s\n", wanted, (int)answer.len, (const char *)answer.ptr);
        }
        hygea_response_free(response);
        return NULL;
    }
    return response;
}

/* Whether the body holds a text. */
static int holds(hygea_response *response, const char *text) {
    hygea_bytes body = {NULL, 0};
    size_t length = strlen(text);
    size_t at;
    if (hygea_response_body(response, &body, NULL) != HYGEA_OK) return 0;
    for (at = 0; at + length <= body.len; at++) {
        if (memcmp(body.ptr + at, text, length) == 0) return 1;
    }
    fprintf(stderr, "no %s in: %.*s\n", text, (int)body.len, (const char *)body.ptr);
    return 0;
}

/* A request whose answer must have a status and hold a text. */
static int expect(const hygea_engine *engine, const char *method, const char *path, const char *body, unsigned wanted,
                  const char *text) {
    hygea_response *response = ask(engine, method, path, body, NULL, wanted);
    int found = response != NULL && holds(response, text);
    hygea_response_free(response);
    return found;
}

/* Creates the patient, whose id comes back in the Location header, and reads her. */
static int keep_patient(const hygea_engine *engine) {
    char path[256];
    const char *cut;
    hygea_str location;
    hygea_response *response = ask(engine, "POST", FHIR "/Patient", PATIENT, NULL, 201);
    if (response == NULL) return 0;
    location = hygea_response_header(response, hygea_str_of("location"));
    if (location.ptr == NULL || location.len >= sizeof path) {
        hygea_response_free(response);
        return 0;
    }
    memcpy(path, location.ptr, location.len);
    path[location.len] = '\0';
    hygea_response_free(response);

    /* http://localhost/demo/fhir/r4/Patient/ID/_history/1: the path without origin and version. */
    if (strstr(path, "/_history/") != NULL) *strstr(path, "/_history/") = '\0';
    cut = strstr(path, FHIR);
    return cut != NULL && expect(engine, "GET", cut, NULL, 200, "\"family\":\"Smith\"");
}

/* What a socket would be: bytes that come a few at a time. */
struct source {
    const char *bytes;
    size_t left;
};

static int64_t read_source(void *user, uint8_t *buffer, size_t capacity) {
    struct source *source = user;
    size_t count = source->left < 16 ? source->left : 16;
    if (count > capacity) count = capacity;
    memcpy(buffer, source->bytes, count);
    source->bytes += count;
    source->left -= count;
    return (int64_t)count;
}

/* Takes a reading of a device, which becomes an Observation in the FHIR service of the connector. */
static int take_reading(const hygea_engine *engine) {
    struct source source;
    hygea_reader reader;
    hygea_response *response;
    source.bytes = MESSAGE;
    source.left = strlen(MESSAGE);
    reader.user = &source;
    reader.read = read_source;
    response = ask(engine, "POST", "/demo/iot/devices/messages?wait=true", NULL, &reader, 202);
    hygea_response_free(response);
    return response != NULL && expect(engine, "GET", FHIR "/Observation?device:missing=false", NULL, 200, "\"value\":78");
}

/* A resource that is none is refused with an OperationOutcome that names the place. */
static int refuse_nonsense(const hygea_engine *engine) {
    return expect(engine, "POST", FHIR "/Patient", "{\"resourceType\":\"Patient\",\"birthDate\":1970}", 400,
                  "Patient.birthDate");
}

int main(int argc, char **argv) {
    hygea_engine_options options = {0};
    hygea_engine *engine = NULL;
    hygea_error *err = NULL;
    hygea_status status;
    hygea_str version = hygea_version();
    int well;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    printf("libhygea %.*s\n", (int)version.len, version.ptr);
    options.struct_size = sizeof options;
    options.path = hygea_str_of(argv[1]);
    options.flags = HYGEA_ENGINE_DEVELOPMENT;
    status = hygea_engine_open(&options, &engine, &err);
    if (status != HYGEA_OK) return complain(argv[1], status, err);

    well = keep_patient(engine) &&
           expect(engine, "GET", FHIR "/Patient?family=smith&birthdate=1970-01-31&_total=accurate", NULL, 200, "\"total\":1") &&
           take_reading(engine) && refuse_nonsense(engine);

    status = hygea_engine_close(engine, &err);
    if (status != HYGEA_OK) well = !complain("close", status, err);
    hygea_engine_free(engine);
    puts(well ? "all is well" : "something is not as it should be");
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
