package dev.gradwire.op;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The declarations as data, from which clients generate their operator methods:
 *
 * <pre>{@code
 * {"operators": [{"name": "add", "doc": "…", "aliases": [], "differentiable": true,
 *                 "overloads": [{"key": "add.Tensor", "schema": "add.Tensor(…) -> Tensor", "grad_fn": "AddBackward0"}]}]}
 * }</pre>
 *
 * Declarations that share a name ({@code max}, {@code max.dim}) stand as several entries, in the order in which
 * overloads are tried; {@code grad_fn} is empty where there is none.
 */
public final class Catalogue {
    private Catalogue() {}

    private record Entry(
            String name, String doc, List<String> aliases, boolean differentiable, List<OverloadEntry> overloads) {}

    private record OverloadEntry(String key, String schema, String grad_fn) {}

    private record Document(List<Entry> operators) {}

    /**
     * Writes the catalogue as JSON to the file named by the one argument. A file that says the same already is left
     * alone, time and all, so that nothing is built anew for it.
     */
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[0]);
        String json = json();
        if (!Files.exists(file) || !Files.readString(file).equals(json)) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, json);
        }
    }

    static String json() {
        List<Entry> entries =
                Operators.all().declarations().stream().map(Catalogue::entry).toList();
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .create()
                .toJson(new Document(entries));
    }

    private static Entry entry(Declaration declaration) {
        List<OverloadEntry> overloads = declaration.overloads().stream()
                .map(overload -> new OverloadEntry(
                        overload.schema().key(),
                        overload.schema().toString(),
                        overload.gradFn().orElse("")))
                .toList();
        return new Entry(
                declaration.name(),
                declaration.doc(),
                declaration.aliases(),
                declaration.isDifferentiable(),
                overloads);
    }
}
