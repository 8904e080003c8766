/* The libraries without an engine, in C99: a resource is read, asked and searched; a DICOM file becomes JSON; device
 * messages become resources. Nothing is stored, so the program needs no folder.
 *
 *     cc -std=c99 libraries.c -o libraries $(pkg-config --cflags --libs hygea) && ./libraries */

#include <hygea.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PATIENT[] =
    "{\"resourceType\": \"Patient\", \"id\": \"p1\", \"birthDate\": \"1970-01-31\",\n"
    " \"name\": [{\"use\": \"official\", \"family\": \"Smith\", \"given\": [\"Jane\", \"Ann\"]}]}";

static const char DEVICE_MAPPING[] =
    "{\"templateType\":\"CollectionContent\",\"template\":[{\"templateType\":\"CalculatedContent\",\"template\":{"
    "\"typeName\":\"heartrate\",\"typeMatchExpression\":\"$..[?(@.rate)]\","
    "\"deviceIdExpression\":\"$.matchedToken.device\",\"patientIdExpression\":\"$.matchedToken.patient\","
    "\"timestampExpression\":\"$.matchedToken.time\","
    "\"values\":[{\"valueName\":\"rate\",\"valueExpression\":\"$.matchedToken.rate\",\"required\":true}]}}]}";

static const char FHIR_MAPPING[] =
    "{\"templateType\":\"CollectionFhir\",\"template\":[{\"templateType\":\"CodeValueFhir\",\"template\":{"
    "\"typeName\":\"heartrate\",\"periodInterval\":0,"
    "\"codes\":[{\"system\":\"http://loinc.org\",\"code\":\"8867-4\",\"display\":\"Heart rate\"}],"
    "\"value\":{\"valueName\":\"rate\",\"valueType\":\"Quantity\",\"unit\":\"/min\"}}}]}";

/* Whether a call did what it should; says what is wrong otherwise. */
static int did(const char *what, hygea_status status, hygea_error *err) {
    hygea_str message = hygea_error_message(err);
    if (status == HYGEA_OK) return 1;
    fprintf(stderr, "%s: %" PRId32 ": %.*s\n", what, status, (int)message.len, message.ptr == NULL ? "" : message.ptr);
    hygea_error_free(err);
    return 0;
}

static int is(hygea_str found, const char *wanted) {
    int same = found.len == strlen(wanted) && memcmp(found.ptr, wanted, found.len) == 0;
    if (!same) fprintf(stderr, "wanted %s, got %.*s\n", wanted, (int)found.len, found.ptr == NULL ? "" : found.ptr);
    return same;
}

/* Prints the rows, frees them and gives their number. */
static size_t print_rows(const char *title, hygea_rows *rows) {
    hygea_str row;
    size_t count = 0;
    while (hygea_rows_next(rows, &row, NULL) == HYGEA_OK) {
        printf("%s: %.*s\n", title, (int)row.len, row.ptr);
        count++;
    }
    hygea_rows_free(rows);
    return count;
}

static int32_t print_part(void *user, hygea_bytes part) {
    return fwrite(part.ptr, 1, part.len, user) == part.len ? 0 : 1;
}

/* A resource is read, its names are asked for, and a search is held against it. */
static int resources(void) {
    hygea_resource *patient = NULL;
    hygea_fhirpath *names = NULL;
    hygea_query *query = NULL;
    hygea_rows *rows = NULL;
    hygea_text *understood = NULL;
    hygea_error *err = NULL;
    hygea_writer terminal;
    int32_t matches = 0;
    int well;
    terminal.user = stdout;
    terminal.write = print_part;

    well = did("parse", hygea_resource_parse(hygea_bytes_of(PATIENT), HYGEA_FHIR_R4, &patient, &err), err) &&
           is(hygea_resource_type(patient), "Patient") && is(hygea_resource_id(patient), "p1") &&
           did("write", hygea_resource_write(patient, &terminal, &err), err) && putchar('\n') != EOF &&
           did("compile", hygea_fhirpath_compile(hygea_str_of("name.given"), HYGEA_FHIR_R4, &names, &err), err) &&
           did("evaluate", hygea_fhirpath_evaluate(names, patient, hygea_str_of(""), &rows, &err), err) &&
           print_rows("given", rows) == 2 &&
           did("query", hygea_query_parse(hygea_str_of("Patient"), hygea_str_of("family=smi&birthdate=lt1980"),
                                          HYGEA_FHIR_R4, &query, &err), err) &&
           did("matches", hygea_query_matches(query, patient, &matches, &err), err) && matches == 1 &&
           did("text", hygea_query_text(query, &understood, &err), err) && hygea_text_view(understood).len > 0;

    hygea_text_free(understood);
    hygea_query_free(query);
    hygea_fhirpath_free(names);
    hygea_resource_free(patient);
    return well;
}

/* A resource that breaks a rule is refused with the place and an OperationOutcome. */
static int faults(void) {
    hygea_resource *none = NULL;
    hygea_error *err = NULL;
    hygea_bytes json = hygea_bytes_of("{\"resourceType\":\"Patient\",\"birthDate\":\"yesterday\"}");
    hygea_status status = hygea_resource_parse(json, HYGEA_FHIR_R4, &none, &err);
    hygea_str outcome = hygea_error_outcome(err);
    int well = status == HYGEA_E_MODEL_INVALID_PRIMITIVE && hygea_error_code(err) == status && none == NULL;
    printf("refused: %.*s\n", (int)outcome.len, outcome.ptr);
    hygea_error_free(err);
    return well;
}

/* A DICOM data set, here one that an older device sends: implicit VR, no preamble. */
static int images(void) {
    static const uint8_t FILE_BYTES[] = {0x08, 0, 0x60, 0, 2, 0, 0, 0, 'C', 'T',
                                         0x10, 0, 0x10, 0, 8, 0, 0, 0, 'S', 'm', 'i', 't', 'h', '^', 'J', ' '};
    hygea_dataset *dataset = NULL;
    hygea_text *json = NULL;
    hygea_error *err = NULL;
    hygea_bytes file;
    int well;
    file.ptr = FILE_BYTES;
    file.len = sizeof FILE_BYTES;
    well = did("data set", hygea_dataset_parse(file, HYGEA_DATASET_HEADER, &dataset, &err), err) &&
           is(hygea_dataset_transfer_syntax(dataset), "1.2.840.10008.1.2") &&
           did("json", hygea_dataset_json(dataset, HYGEA_DATASET_OMIT_BINARY, &json, &err), err) &&
           is(hygea_text_view(json), "{\"00080060\":{\"vr\":\"CS\",\"Value\":[\"CT\"]},"
                                     "\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"Smith^J\"}]}}");
    hygea_text_free(json);
    hygea_dataset_free(dataset);
    return well;
}

/* Two messages of a device: a patient, a device, and two observations. */
static int devices(void) {
    hygea_mapper *mapper = NULL;
    hygea_rows *measurements = NULL;
    hygea_rows *mapped = NULL;
    hygea_error *err = NULL;
    hygea_bytes messages[2];
    int well;
    messages[0] = hygea_bytes_of("{\"device\":\"d1\",\"patient\":\"p1\",\"time\":\"2026-01-31T12:00:00Z\",\"rate\":78}");
    messages[1] = hygea_bytes_of("{\"device\":\"d1\",\"patient\":\"p1\",\"time\":\"2026-01-31T12:01:00Z\",\"rate\":80}");
    well = did("mapper", hygea_mapper_new(hygea_bytes_of(DEVICE_MAPPING), hygea_bytes_of(FHIR_MAPPING),
                                          HYGEA_MAPPER_STRICT, &mapper, &err), err) &&
           did("normalize", hygea_mapper_normalize(mapper, messages, 2, &measurements, &err), err) &&
           print_rows("measured", measurements) == 2 &&
           did("map", hygea_mapper_map(mapper, messages, 2, hygea_str_of("2026-01-31T12:02:00Z"), &mapped, &err), err) &&
           print_rows("mapped", mapped) == 4;
    hygea_mapper_free(mapper);
    return well;
}

int main(void) {
    int well = (hygea_api_version() == HYGEA_API_VERSION) & resources() & faults() & images() & devices();
    puts(well ? "all is well" : "something is not as it should be");
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
