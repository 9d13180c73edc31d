package dev.gradwire.cli.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Reads the files' tensors and typed argument values. */
final class Values {
    /** A form that the server has nothing for. */
    static final class UnreadableException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnreadableException(String message) {
            super(message, null, false, false);
        }
    }

    private Values() {}

    static Tensor tensor(JsonObject json) {
        String label = json.get("dtype").getAsString();
        DType dtype = DType.named(label).orElseThrow(() -> new UnreadableException("dtype " + label));
        List<Long> dims = new ArrayList<>();
        json.getAsJsonArray("shape").forEach(dim -> dims.add(dim.getAsLong()));
        byte[] bytes = Base64.getDecoder().decode(json.get("data").getAsString());
        return new Tensor(new TensorType(dtype, Shape.of(dims)), MemorySegment.ofArray(bytes));
    }

    static @Nullable Tensor optionalTensor(JsonElement json) {
        return json.isJsonNull() ? null : tensor(json.getAsJsonObject());
    }

    /**
     * @param reference gives the value for a reference: its key ({@code tensor}, {@code input}, {@code node},
     *     {@code constant}) and the object it stands in
     */
    static Arg argument(JsonObject json, BiFunction<String, JsonObject, Arg> reference) {
        // A reference to one of several results has two keys, of which the first tells the form.
        String form = json.keySet().iterator().next();
        JsonElement value = json.get(form);
        return switch (form) {
            case "tensor", "input", "node", "constant" -> reference.apply(form, json);
            case "int" -> new Arg.Int(value.getAsLong());
            case "float" -> new Arg.Float(number(value));
            case "bool" -> new Arg.Bool(value.getAsBoolean());
            case "str", "device", "layout", "memory_format" -> new Arg.Text(value.getAsString());
            case "dtype" -> new Arg.Dtype(value.getAsString());
            case "none" -> new Arg.None();
            case "complex" ->
                new Arg.Complex(
                        number(value.getAsJsonArray().get(0)),
                        number(value.getAsJsonArray().get(1)));
            case "list", "tuple" -> {
                List<Arg> items = new ArrayList<>();
                value.getAsJsonArray().forEach(item -> items.add(argument(item.getAsJsonObject(), reference)));
                yield new Arg.Items(items);
            }
            default -> new Arg.Other(form);
        };
    }

    /** A float; those that JSON has no numbers for are strings. */
    private static double number(JsonElement json) {
        return switch (json.getAsString()) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> json.getAsDouble();
        };
    }
}
