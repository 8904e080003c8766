import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * What HAPI's parsers make of each file of a folder, for `tests/peers/hapi.rs` to compare.
 *
 * Arguments: a version (dstu2, stu3, r4, r4b, r5), a folder of `.json` and `.xml` files, a folder for what comes out:
 * for each file `FILE.json` and `FILE.xml` as HAPI writes the resource, or `FILE.error` with the kind of failure.
 */
public final class Hapi {
    public static void main(String[] arguments) throws Exception {
        FhirContext context = switch (arguments[0]) {
            case "dstu2" -> FhirContext.forDstu2();
            case "stu3" -> FhirContext.forDstu3();
            case "r4" -> FhirContext.forR4();
            case "r4b" -> FhirContext.forR4B();
            case "r5" -> FhirContext.forR5();
            default -> throw new IllegalArgumentException(arguments[0]);
        };
        context.setParserErrorHandler(new LenientErrorHandler(false));
        // The text of references and ids is what is compared, so HAPI is to leave it alone.
        context.getParserOptions().setStripVersionsFromReferences(false);
        context.getParserOptions().setOverrideResourceIdWithBundleEntryFullUrl(false);
        context.getParserOptions().setAutoContainReferenceTargetsWithNoId(false);
        Path out = Path.of(arguments[2]);
        List<Path> files;
        try (var listed = Files.list(Path.of(arguments[1]))) {
            files = listed.sorted().toList();
        }
        files.parallelStream().forEach(file -> {
            String name = file.getFileName().toString();
            try {
                String text = Files.readString(file, StandardCharsets.UTF_8);
                IBaseResource resource = parser(context, name).parseResource(text);
                Files.writeString(out.resolve(name + ".json"), settled(context.newJsonParser()).encodeResourceToString(resource));
                Files.writeString(out.resolve(name + ".xml"), settled(context.newXmlParser()).encodeResourceToString(resource));
            } catch (Throwable failure) {
                try {
                    Files.writeString(out.resolve(name + ".error"), failure.getClass().getSimpleName() + ": " + failure.getMessage());
                } catch (java.io.IOException second) {
                    throw new java.io.UncheckedIOException(second);
                }
            }
        });
    }

    private static IParser parser(FhirContext context, String name) {
        return settled(name.endsWith(".xml") ? context.newXmlParser() : context.newJsonParser());
    }

    private static IParser settled(IParser parser) {
        return parser.setPrettyPrint(false).setOverrideResourceIdWithBundleEntryFullUrl(false).setStripVersionsFromReferences(false);
    }
}
