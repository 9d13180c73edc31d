package dev.gradwire.cli.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects inputs and nodes of one graph and gives them names: inputs {@code x0}, …, nodes {@code n0}, …, constants
 * {@code c0}, …
 */
final class GraphReader {
    private final String inputForm;
    private final String constantForm;
    private final List<Tensor> constants;
    private final List<Request.Input> inputs = new ArrayList<>();
    private final List<Request.Call> nodes = new ArrayList<>();
    private final Set<Integer> usedConstants = new HashSet<>();

    /**
     * @param inputForm the key of a reference to an input
     * @param constantForm the key of a reference to one of {@code constants}
     */
    GraphReader(String inputForm, String constantForm, List<Tensor> constants) {
        this.inputForm = inputForm;
        this.constantForm = constantForm;
        this.constants = constants;
    }

    void input(Tensor tensor, boolean requiresGrad) {
        inputs.add(new Request.Input(inputName(inputs.size()), tensor, requiresGrad));
    }

    static String inputName(int index) {
        return "x" + index;
    }

    List<Request.Input> inputs() {
        return inputs;
    }

    List<Request.Call> nodes() {
        return nodes;
    }

    /** Adds one node whose results are all outputs. */
    List<String> addCall(JsonObject call, int results) {
        Map<String, Arg> kwargs = keywords(call.getAsJsonObject("args"));
        nodes.add(new Request.Call("n0", call.get("op").getAsString(), List.of(), kwargs));
        return resultNames(results);
    }

    /** Adds OpInfo's call of a function as one node whose results are all outputs. */
    List<String> addFunction(String op, JsonObject json, int results) {
        nodes.add(FunctionCalls.of("n0", op, json, this::argument));
        return resultNames(results);
    }

    private static List<String> resultNames(int results) {
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < results; i++) {
            outputs.add(nameOf(0, i));
        }
        return outputs;
    }

    void addNodes(JsonArray json) {
        for (int i = 0; i < json.size(); i++) {
            JsonObject node = json.get(i).getAsJsonObject();
            List<Arg> args = new ArrayList<>();
            node.getAsJsonArray("args").forEach(arg -> args.add(argument(arg)));
            Map<String, Arg> kwargs = keywords(node.getAsJsonObject("kwargs"));
            nodes.add(new Request.Call("n" + i, node.get("op").getAsString(), args, kwargs));
        }
    }

    List<String> references(JsonArray json) {
        List<String> names = new ArrayList<>();
        json.forEach(item -> names.add(((Arg.Ref) argument(item)).name()));
        return names;
    }

    private Map<String, Arg> keywords(JsonObject json) {
        Map<String, Arg> arguments = new LinkedHashMap<>();
        json.entrySet().forEach(entry -> arguments.put(entry.getKey(), argument(entry.getValue())));
        return arguments;
    }

    private Arg argument(JsonElement json) {
        return Values.argument(json.getAsJsonObject(), this::reference);
    }

    private Arg reference(String form, JsonObject json) {
        int index = json.get(form).getAsInt();
        if (form.equals(inputForm)) {
            return new Arg.Ref(inputName(index));
        }
        if (!form.equals(constantForm)) {
            return new Arg.Ref(
                    nameOf(index, json.has("output") ? json.get("output").getAsInt() : 0));
        }
        if (usedConstants.add(index)) {
            nodes.add(Request.Call.constant("c" + index, constants.get(index)));
        }
        return new Arg.Ref("c" + index);
    }

    private static String nameOf(int node, int result) {
        return result == 0 ? "n" + node : "n" + node + ":" + result;
    }
}
