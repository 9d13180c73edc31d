package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The declarations in {@code aten.txt}: native code is called with nothing that does not follow them. */
final class SchemaTable {
    /** Overloads that make new tensors, by full name, in the file's order. */
    private static final SequencedMap<String, String> FUNCTIONAL = new LinkedHashMap<>();

    /** By the full name of the overload that makes new tensors. */
    private static final Map<String, OutForm> OUT_FORMS = new HashMap<>();

    static {
        read();
    }

    private final Map<String, Schema> schemas;
    private final Map<String, OutForm> outForms;

    /** @param absent full names that the opened library lacks or declares differently */
    SchemaTable(Set<String> absent) {
        schemas = FUNCTIONAL.entrySet().stream()
                .filter(entry -> !absent.contains(entry.getKey()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> Schema.parse(entry.getValue())));
        outForms = OUT_FORMS.entrySet().stream()
                .filter(entry -> !absent.contains(entry.getValue().name()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** All declarations by full name, in the file's order. */
    static SequencedMap<String, String> declarations() {
        SequencedMap<String, String> all = new LinkedHashMap<>();
        FUNCTIONAL.forEach((name, declaration) -> {
            all.put(name, declaration);
            @Nullable OutForm form = OUT_FORMS.get(name);
            if (form != null) {
                all.put(form.name(), form.declaration(declaration));
            }
        });
        return all;
    }

    /** Full names of the overloads that make new tensors. */
    Set<String> names() {
        return schemas.keySet();
    }

    Schema get(String fullName) {
        @Nullable Schema schema = schemas.get(fullName);
        if (schema == null) {
            throw new KernelException("libtorch: there is no kernel " + fullName);
        }
        return schema;
    }

    /** Null where the library has none. */
    @Nullable
    OutForm outForm(String fullName) {
        return outForms.get(fullName);
    }

    private static void read() {
        try (InputStream in = SchemaTable.class.getResourceAsStream("aten.txt")) {
            if (in == null) {
                throw new IllegalStateException("aten.txt is not on the class path");
            }
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.startsWith(" ")) {
                    OUT_FORMS.put(FUNCTIONAL.lastEntry().getKey(), OutForm.parse(line.strip()));
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    FUNCTIONAL.put(line.substring(0, line.indexOf('(')), line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
