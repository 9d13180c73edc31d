package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Expr;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes promotion explicit, so that kernels see operands of one dtype: casts operands of elementwise operators to the
 * dtype they compute in, and turns numbers in the place of tensors into constants, one for equal ones. Where float16 cannot hold a number,
 * the call computes in float32, as PyTorch's kernels do with all numbers.
 */
record SettleTypes(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<Number, Argument> known = new HashMap<>();
        return Rewriter.rewrite(graph, operators, (node, builder) -> settle(node, builder, known));
    }

    /** A number and the dtype of the constant that stands for it. */
    private record Number(Argument number, DType dtype) {}

    private static @Nullable List<Value> settle(Node node, GraphBuilder builder, Map<Number, Argument> known) {
        Declaration declaration = ((Overload) node.op()).declaration();
        DType common = declaration.computeDtype(node.call()).orElse(null);
        boolean wider = common == DType.FLOAT16 && anyBeyondHalf(node.call(), declaration);
        DType compute = wider ? DType.FLOAT32 : common;
        List<Argument> args = null;
        List<Parameter> parameters = declaration.canonical().parameters();
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            Argument arg = node.args().get(i);
            boolean promoted = compute != null && declaration.isPromoted(parameter.name());
            if (promoted || parameter.isTensor()) {
                Argument settled = settle(arg, promoted ? compute : null, builder, known);
                if (!settled.equals(arg)) {
                    args = args == null ? new ArrayList<>(node.args()) : args;
                    args.set(i, settled);
                }
            }
        }
        if (args == null) {
            return null;
        }
        if (compute != null && !wider) {
            return builder.repeat(node.withArgs(args)); // of the types it had: they follow from the common dtype
        }
        List<Value> settled = builder.apply(node.op(), args);
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < settled.size(); i++) {
            DType dtype = node.results().get(i).type().dtype();
            results.add(Expr.of(builder, settled.get(i)).to(dtype).value());
        }
        return results;
    }

    private static Argument settle(
            Argument arg, @Nullable DType compute, GraphBuilder builder, Map<Number, Argument> known) {
        boolean settled = arg instanceof Value ? compute == null : !arg.isNumber();
        if (settled) {
            return arg;
        }
        Expr operand = Expr.of(builder, arg);
        DType dtype = compute != null ? compute : operand.dtype();
        return arg instanceof Value
                ? operand.as(dtype).argument()
                : known.computeIfAbsent(
                        new Number(arg, dtype), _ -> operand.as(dtype).argument());
    }

    /** Whether a number among the operands is too large or too small for float16, though the result may not be. */
    private static boolean anyBeyondHalf(Call call, Declaration declaration) {
        return declaration.canonical().parameters().stream()
                .map(Parameter::name)
                .filter(name -> declaration.isPromoted(name) && call.isNumber(name))
                .mapToDouble(name -> Math.abs(call.number(name)))
                .anyMatch(number -> Double.isFinite(number) && number != 0 && (number > 65504 || number < 0x1p-14));
    }
}
