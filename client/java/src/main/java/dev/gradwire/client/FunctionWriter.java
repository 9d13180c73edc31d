package dev.gradwire.client;

import dev.gradwire.v1.Graph;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The functions of one program: each is written and named when a node first needs it. */
final class FunctionWriter {
    private final Names names = new Names();
    private final IdentityHashMap<RecordedFunction, String> given = new IdentityHashMap<>();
    private final Map<String, Graph> graphs = new LinkedHashMap<>();

    String name(RecordedFunction function) {
        String known = given.get(function);
        if (known != null) {
            return known;
        }
        String name = names.unique("function");
        given.put(function, name);
        graphs.put(name, GraphWriter.write(function, this));
        return name;
    }

    Map<String, Graph> graphs() {
        return graphs;
    }
}
