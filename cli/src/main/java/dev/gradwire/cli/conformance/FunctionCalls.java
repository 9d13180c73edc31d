package dev.gradwire.cli.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Cases that PyTorch has no single call for: OpInfo's own call of a Python function ({@code op}, {@code args}, {@code
 * kwargs}) as a call of the operator of that name, {@code masked.prod} being {@code masked_prod}. OpInfo's positional
 * arguments are in its own order and Python's keywords are not always the schema's, so names settle both.
 */
final class FunctionCalls {
    private static final String FUNCTIONAL = "nn.functional.";

    /**
     * @param positional the schema's names of OpInfo's positional arguments
     * @param renamed the schema's names of Python's keywords, where they differ
     * @param defaults Python's defaults, where the schema has none
     */
    private record Reading(
            String operator, List<String> positional, Map<String, String> renamed, Map<String, Arg> defaults) {}

    private static final Reading DROPOUT = new Reading(
            "",
            List.of("input", "p"),
            Map.of("training", "train"),
            Map.of("p", new Arg.Float(0.5), "train", new Arg.Bool(false)));

    private static final Map<String, Reading> READINGS = Map.of(
            "nn.functional.embedding_bag",
            new Reading("embedding_bag.functional", List.of("weight", "input"), Map.of(), Map.of()),
            "nn.functional.alpha_dropout",
            DROPOUT,
            "nn.functional.feature_alpha_dropout",
            DROPOUT);

    private FunctionCalls() {}

    /**
     * @param op OpInfo's name of the operator
     * @param json the case
     */
    static Request.Call of(String name, String op, JsonObject json, Function<JsonElement, Arg> argument) {
        Reading reading = READINGS.getOrDefault(op, new Reading("", List.of(), Map.of(), Map.of()));
        String bare = op.startsWith(FUNCTIONAL) ? op.substring(FUNCTIONAL.length()) : op.replace('.', '_');
        List<Arg> positional = new ArrayList<>();
        Map<String, Arg> keywords = new LinkedHashMap<>(reading.defaults);
        for (JsonElement arg : json.getAsJsonArray("args")) {
            positional.add(argument.apply(arg));
        }
        if (!reading.positional.isEmpty()) {
            for (int i = 0; i < positional.size(); i++) {
                keywords.put(reading.positional.get(i), positional.get(i));
            }
            positional.clear();
        }
        json.getAsJsonObject("kwargs")
                .entrySet()
                .forEach(entry -> keywords.put(
                        reading.renamed.getOrDefault(entry.getKey(), entry.getKey()),
                        argument.apply(entry.getValue())));
        return new Request.Call(name, reading.operator.isEmpty() ? bare : reading.operator, positional, keywords);
    }
}
