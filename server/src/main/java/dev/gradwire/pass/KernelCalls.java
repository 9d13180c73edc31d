package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.op.Declaration.KernelBinding;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** A node as a call of a kernel. */
final class KernelCalls {
    /**
     * @param call what a backend resolves
     * @param operands the values that the call's operands stand for
     */
    record Bound(KernelCall call, List<Value> operands) {}

    private final List<Value> operands = new ArrayList<>();

    private KernelCalls() {}

    /** @throws KernelException when the operator has no kernel */
    static Bound bind(Node node) {
        Overload op = (Overload) node.op();
        KernelBinding binding = op.declaration()
                .kernel()
                .orElseThrow(() -> new KernelException(op.schema().key() + " has no kernel"));
        return new KernelCalls().bind(node, binding);
    }

    private Bound bind(Node node, KernelBinding binding) {
        List<KernelCall.Argument> arguments = new ArrayList<>();
        for (Argument argument : binding.arguments().apply(node.call())) {
            arguments.add(convert(argument));
        }
        return new Bound(new KernelCall(binding.name(), arguments, types(operands), types(node.results())), operands);
    }

    private static List<TensorType> types(List<Value> values) {
        List<TensorType> types = new ArrayList<>(values.size());
        for (Value value : values) {
            types.add(value.type());
        }
        return types;
    }

    private KernelCall.Argument convert(Argument argument) {
        return switch (argument) {
            case Value value -> new KernelCall.Argument.Operand(operand(value));
            case Argument.Int(long value) -> new KernelCall.Argument.Int(value);
            case Argument.Float(double value) -> new KernelCall.Argument.Float(value);
            case Argument.Bool(boolean value) -> new KernelCall.Argument.Bool(value);
            case Argument.Text(String value) -> new KernelCall.Argument.Text(value);
            case Argument.Dtype(var value) -> new KernelCall.Argument.Dtype(value);
            case Argument.None _ -> new KernelCall.Argument.Optional(null);
            case Argument.Items list -> convertList(list.items());
            // Operators take complex numbers apart, or make tensors of them, before it comes to kernels.
            case Argument.Complex _, Argument.Constant _, Argument.Function _, Argument.Body _ ->
                throw new IllegalStateException("no kernel takes " + argument);
        };
    }

    private KernelCall.Argument convertList(List<Argument> items) {
        if (items.stream().anyMatch(Value.class::isInstance)) {
            return new KernelCall.Argument.Operands(items.stream()
                    .map(item -> item instanceof Value value ? operand(value) : -1)
                    .toList());
        }
        if (!items.isEmpty() && items.getFirst() instanceof Argument.Bool) {
            return new KernelCall.Argument.Bools(
                    items.stream().map(item -> ((Argument.Bool) item).value()).toList());
        }
        return new KernelCall.Argument.Ints(
                items.stream().map(item -> ((Argument.Int) item).value()).toList());
    }

    private int operand(Value value) {
        operands.add(value);
        return operands.size() - 1;
    }
}
