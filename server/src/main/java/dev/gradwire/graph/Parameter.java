package dev.gradwire.graph;

import static java.util.stream.Collectors.joining;

import dev.gradwire.graph.Argument.Bool;
import dev.gradwire.graph.Argument.Complex;
import dev.gradwire.graph.Argument.Dtype;
import dev.gradwire.graph.Argument.Float;
import dev.gradwire.graph.Argument.Int;
import dev.gradwire.graph.Argument.Items;
import dev.gradwire.graph.Argument.None;
import dev.gradwire.graph.Argument.Text;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One parameter of a schema.
 *
 * @param name PyTorch's name
 * @param type kind of one element
 * @param list whether it takes a list of such elements
 * @param listSize for {@code int[2]} the 2, which lets one number stand for two alike; otherwise 0
 * @param optional whether None may be given
 * @param optionalItems whether entries of the list may be None ({@code Tensor?[]})
 * @param keywordOnly whether it stands behind the {@code *}
 * @param defaultValue null where an argument must be given
 */
public record Parameter(
        String name,
        Kind type,
        boolean list,
        int listSize,
        boolean optional,
        boolean optionalItems,
        boolean keywordOnly,
        @Nullable Argument defaultValue) {

    /** The element types of PyTorch's schema language. */
    public enum Kind {
        TENSOR("Tensor"),
        SCALAR("Scalar"),
        INT("int"),
        FLOAT("float"),
        BOOL("bool"),
        STR("str"),
        DTYPE("ScalarType"),
        LAYOUT("Layout"),
        DEVICE("Device"),
        MEMORY_FORMAT("MemoryFormat"),
        /** The number of a draw: see {@link GraphBuilder#GENERATOR}. */
        GENERATOR("Generator"),
        DATA("Data"),
        FUNCTION("Function");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /** Whether the argument holds tensors. */
    public boolean isTensor() {
        return type == Kind.TENSOR;
    }

    /** Whether the argument is of this parameter's kind, so that {@link #accept} takes it. */
    boolean takes(Argument argument) {
        if (argument instanceof None) {
            return optional;
        }
        if (!list) {
            return takesItem(argument);
        }
        if (!(argument instanceof Items items)) {
            return listSize > 0 && takesItem(argument);
        }
        for (Argument item : items.items()) {
            if (!takesItem(item) && !(optionalItems && item instanceof None)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The argument in this parameter's form: numbers widened to float, one number spread over a list of fixed size.
     *
     * @throws GraphException when it is of another kind
     */
    public Argument accept(Argument argument) {
        if (argument instanceof None) {
            if (!optional) {
                throw mismatch(argument);
            }
            return argument;
        }
        if (!list) {
            return acceptItem(argument);
        }
        if (argument instanceof Items items) {
            return new Items(acceptItems(items.items()));
        }
        if (listSize == 0) {
            throw mismatch(argument);
        }
        return new Items(Collections.nCopies(listSize, acceptItem(argument)));
    }

    private List<Argument> acceptItems(List<Argument> items) {
        List<Argument> accepted = new ArrayList<>(items.size());
        for (Argument item : items) {
            accepted.add(optionalItems && item instanceof None ? item : acceptItem(item));
        }
        return accepted;
    }

    private boolean takesItem(Argument item) {
        return switch (type) {
            case TENSOR -> item instanceof Value || item.isNumber() && !list;
            case SCALAR -> item.isNumber();
            case INT -> item instanceof Int || item instanceof Bool;
            case FLOAT -> item instanceof Float || item instanceof Int;
            case BOOL -> item instanceof Bool || item instanceof Int;
            case DTYPE -> item instanceof Dtype;
            case GENERATOR -> item instanceof Int;
            case STR, LAYOUT, DEVICE, MEMORY_FORMAT -> item instanceof Text;
            case DATA -> item instanceof Argument.Constant;
            case FUNCTION -> item instanceof Argument.Function || item instanceof Argument.Body;
        };
    }

    private Argument acceptItem(Argument item) {
        if (!takesItem(item)) {
            throw mismatch(item);
        }
        return switch (type) {
            case INT -> item instanceof Bool bool ? new Int(bool.value() ? 1 : 0) : item;
            case FLOAT -> item instanceof Int number ? new Float(number.value()) : item;
            case BOOL -> item instanceof Int number ? new Bool(number.value() != 0) : item;
            default -> item;
        };
    }

    private GraphException mismatch(Argument given) {
        if (type == Kind.INT
                && given instanceof Value value
                && !value.type().dtype().isDifferentiable()) {
            return GraphException.argument(
                    Reason.NOT_CONSTANT,
                    name,
                    "must be " + typeText() + " or a constant of the graph, but is " + describe(given));
        }
        return GraphException.argument(
                Reason.INVALID_ARGUMENT, name, "must be " + typeText() + ", but is " + describe(given));
    }

    private static String describe(Argument argument) {
        return switch (argument) {
            case Value value -> "a tensor " + value.type();
            case Int _ -> "an int";
            case Float _ -> "a float";
            case Bool _ -> "a bool";
            case Complex _ -> "a complex number";
            case Text _ -> "a str";
            case Dtype _ -> "a dtype";
            case Argument.Constant _ -> "tensor data";
            case Argument.Function _, Argument.Body _ -> "a function";
            case None _ -> "None";
            case Items items ->
                items.items().stream().limit(4).map(Parameter::describe).collect(joining(", ", "a list of ", ""));
        };
    }

    /** As the schema writes it: {@code int[2]}, {@code Tensor?}. */
    public String typeText() {
        String item = type.label() + (optionalItems ? "?" : "");
        String size = listSize == 0 ? "" : Integer.toString(listSize);
        return item + (list ? "[" + size + "]" : "") + (optional ? "?" : "");
    }

    @Override
    public String toString() {
        String rest = defaultValue == null ? "" : "=" + TextForm.print(defaultValue);
        return typeText() + " " + name + rest;
    }
}
