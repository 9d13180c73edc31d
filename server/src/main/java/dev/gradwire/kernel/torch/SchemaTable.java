package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The declarations in {@code aten.txt}: native code is called with nothing that does not follow them. */
final class SchemaTable {
    /** Declarations by full name, in the file's order. */
    private static final SequencedMap<String, String> DECLARATIONS = read();

    private final Map<String, Schema> schemas;

    /** @param absent full names that the opened library lacks or declares differently */
    SchemaTable(Set<String> absent) {
        schemas = DECLARATIONS.entrySet().stream()
                .filter(entry -> !absent.contains(entry.getKey()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> Schema.parse(entry.getValue())));
    }

    static SequencedMap<String, String> declarations() {
        return DECLARATIONS;
    }

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

    private static SequencedMap<String, String> read() {
        SequencedMap<String, String> declarations = new LinkedHashMap<>();
        try (InputStream in = SchemaTable.class.getResourceAsStream("aten.txt")) {
            if (in == null) {
                throw new IllegalStateException("aten.txt is not on the class path");
            }
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(line -> declarations.put(line.substring(0, line.indexOf('(')), line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return declarations;
    }
}
