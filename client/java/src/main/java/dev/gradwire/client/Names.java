package dev.gradwire.client;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Gives inputs and nodes names that are unique in a graph: those that the user chose where free, else the operator's
 * name, numbered. Equal graphs get equal names.
 */
final class Names {
    private static final String INPUT = "input";

    private final Map<Object, String> given = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final Map<String, Integer> counts = new HashMap<>();

    String of(Tensor input) {
        return given.computeIfAbsent(input, _ -> unique(input.nameOr(INPUT)));
    }

    String of(Node node) {
        return given.computeIfAbsent(node, _ -> unique(node.result(0).nameOr(bare(node.operator()))));
    }

    /** {@code add} of {@code aten.add.Tensor}. */
    static String bare(String operator) {
        String[] parts = operator.split("\\.", -1);
        return parts.length > 1 && parts[0].equals("aten") ? parts[1] : parts[0];
    }

    String unique(String wanted) {
        String name = wanted;
        while (!taken.add(name)) {
            name = wanted + "_" + counts.merge(wanted, 1, Integer::sum);
        }
        return name;
    }
}
