package dev.gradwire.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A graph as its client recorded it.
 *
 * @param names every value by the client's name for it: inputs, {@code node} and {@code node:1}, …
 */
public record Recording(Graph graph, Map<String, Value> names) {
    public Recording {
        names = Collections.unmodifiableMap(new LinkedHashMap<>(names));
    }
}
