package dev.gradwire.graph;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Constants of a graph in the place of ints: what Python's binding reads of a tensor while it records, a graph reads of
 * a constant. A tensor that is data stays one.
 */
final class ConstantNumbers {
    private final Schema schema;
    private final Function<Value, @Nullable Tensor> constants;

    /** @param constants the data of a value, null where it is no constant */
    ConstantNumbers(Schema schema, Function<Value, @Nullable Tensor> constants) {
        this.schema = schema;
        this.constants = constants;
    }

    List<Argument> positional(List<Argument> args) {
        List<Argument> numbers = new ArrayList<>(args);
        for (int i = 0; i < Math.min(args.size(), schema.parameters().size()); i++) {
            numbers.set(i, read(schema.parameters().get(i), args.get(i)));
        }
        return numbers;
    }

    Map<String, Argument> keywords(Map<String, Argument> args) {
        Map<String, Argument> numbers = new LinkedHashMap<>(args);
        numbers.replaceAll((name, argument) -> {
            int index = schema.indexOf(name);
            return index < 0 ? argument : read(schema.parameters().get(index), argument);
        });
        return numbers;
    }

    private Argument read(Parameter parameter, Argument argument) {
        if (parameter.type() != Parameter.Kind.INT) {
            return argument;
        }
        return switch (argument) {
            case Value value -> read(value, parameter.list());
            case Argument.Items list ->
                new Argument.Items(list.items().stream()
                        .map(item -> item instanceof Value value ? read(value, false) : item)
                        .toList());
            default -> argument;
        };
    }

    private Argument read(Value value, boolean list) {
        DType dtype = value.type().dtype();
        Tensor data = dtype.isDifferentiable() ? null : constants.apply(value);
        if (data == null) {
            return value;
        }
        if (list && value.type().rank() == 1) {
            List<Argument> items = new ArrayList<>();
            for (long i = 0; i < value.type().shape().dim(0); i++) {
                items.add(new Argument.Int(data.getLong(i)));
            }
            return new Argument.Items(items);
        }
        return value.type().shape().elements() == 1 ? new Argument.Int(data.getLong(0)) : value;
    }
}
