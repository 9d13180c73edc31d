package dev.gradwire.cli.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Reads what PyTorch made of a case. Entries by input stand in the order of the inputs. */
final class ExpectedReader {
    private ExpectedReader() {}

    /** @param gradients the gradients' key: {@code vjp} of a call, {@code grads} of a graph */
    static Case.Expected read(JsonObject json, String gradients) {
        return new Case.Expected(
                outputs(json.getAsJsonArray("outputs")),
                byInput(json.getAsJsonArray(gradients), "grad"),
                json.has("jvp") ? jvp(json.getAsJsonObject("jvp")) : null,
                json.has("second") ? second(json.getAsJsonObject("second")) : null,
                json.has("node_grad_fn") ? nodeGradFns(json.getAsJsonArray("node_grad_fn")) : null,
                mutated(json.getAsJsonArray("mutated")));
    }

    private static SequencedMap<String, Tensor> mutated(@Nullable JsonArray json) {
        SequencedMap<String, Tensor> mutated = new LinkedHashMap<>();
        for (JsonElement item : json == null ? new JsonArray() : json) {
            JsonObject change = item.getAsJsonObject();
            int input = change.get(change.has("input") ? "input" : "tensor").getAsInt();
            mutated.put(GraphReader.inputName(input), Values.tensor(change.getAsJsonObject("value")));
        }
        return mutated;
    }

    private static List<Case.Output> outputs(JsonArray json) {
        List<Case.Output> outputs = new ArrayList<>();
        for (JsonElement item : json) {
            JsonObject output = item.getAsJsonObject();
            if (!output.has("dtype")) {
                throw new Values.UnreadableException("an output that is not a tensor");
            }
            JsonElement next = output.get("next_functions");
            outputs.add(new Case.Output(
                    Values.tensor(output),
                    text(output.get("grad_fn")),
                    next.isJsonNull() ? List.of() : texts(next.getAsJsonArray()),
                    Values.optionalTensor(output.get("cotangent"))));
        }
        return outputs;
    }

    private static List<@Nullable Tensor> byInput(JsonArray json, String key) {
        List<@Nullable Tensor> tensors = new ArrayList<>();
        json.forEach(
                item -> tensors.add(Values.optionalTensor(item.getAsJsonObject().get(key))));
        return tensors;
    }

    private static Case.Jvp jvp(JsonObject json) {
        List<Tensor> tangents = new ArrayList<>();
        for (JsonElement item : json.getAsJsonArray("tangents")) {
            tangents.add(Values.tensor(item.getAsJsonObject().getAsJsonObject("tangent")));
        }
        List<@Nullable Tensor> outputs = new ArrayList<>();
        json.getAsJsonArray("outputs").forEach(item -> outputs.add(Values.optionalTensor(item)));
        return new Case.Jvp(tangents, outputs);
    }

    private static Case.Second second(JsonObject json) {
        return new Case.Second(
                byInput(json.getAsJsonArray("weights"), "weight"), byInput(json.getAsJsonArray("grads"), "grad"));
    }

    private static List<List<@Nullable String>> nodeGradFns(JsonArray json) {
        List<List<@Nullable String>> names = new ArrayList<>();
        json.forEach(node -> names.add(texts(node.getAsJsonArray())));
        return names;
    }

    private static List<@Nullable String> texts(JsonArray json) {
        List<@Nullable String> texts = new ArrayList<>();
        json.forEach(item -> texts.add(text(item)));
        return texts;
    }

    private static @Nullable String text(JsonElement json) {
        return json.isJsonNull() ? null : json.getAsString();
    }
}
