package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.op.Calculus.Pullback;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A choice of two functions, of which one is run. */
public final class Branches {
    public static final String COND = "cond";
    private static final List<String> BRANCHES = List.of("true_fn", "false_fn");

    private Branches() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("cond(Tensor pred, Function true_fn, Function false_fn, Tensor[] operands=[]) -> Tensor[]")
                        .doc("true_fn(*operands) where pred, a bool of one element, holds, else false_fn(*operands)")
                        .gradFn("CondBackward0")
                        .bodies((call, _) -> call.types("operands"))
                        .types(Branches::types)
                        .flow(FLOW)
                        .vjp(List.of("operands"), Branches::vjp)
                        .complex()
                        .unsampled("it takes functions"));
    }

    private static List<TensorType> types(Call call) {
        requirePredicate("pred", "", call.type("pred"));
        Body chosen = call.body("true_fn");
        Body other = call.body("false_fn");
        List<TensorType> types = chosen.resultTypes();
        List<TensorType> others = other.resultTypes();
        if (types.size() != others.size()) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "false_fn",
                    "the function '" + other.name() + "' returns " + others.size() + " tensors, but '" + chosen.name()
                            + "' returns " + types.size());
        }
        for (int i = 0; i < types.size(); i++) {
            Require.sameType(
                    "false_fn", "result " + i + " of the function '" + other.name() + "'", others.get(i), types.get(i));
        }
        return types;
    }

    /** @param what comes before the type in the text */
    static void requirePredicate(String argument, String what, TensorType type) {
        if (type.dtype() != DType.BOOL) {
            throw GraphException.argument(
                    Reason.DTYPE_MISMATCH,
                    argument,
                    what + "must be bool, but is " + type.dtype().label());
        }
        if (type.shape().elements() != 1) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, argument, what + "must have one element, but has shape " + type.shape());
        }
    }

    private static final Flow FLOW = new Flow() {
        @Override
        public BitSet results(Call call, BitSet operands, Dependence of) {
            BitSet results = new BitSet();
            BRANCHES.forEach(branch -> results.or(of.results(call.body(branch), operands)));
            return results;
        }

        @Override
        public BitSet operands(Call call, BitSet results, Dependence of) {
            BitSet operands = new BitSet();
            BRANCHES.forEach(branch -> operands.or(of.inputs(call.body(branch), results)));
            return operands;
        }
    };

    /** A choice of the branches' pullbacks; what only one of them gives is zero in the other. */
    private static List<@Nullable Expr> vjp(Backward n) {
        BitSet seeded = n.seeded();
        BitSet wanted = n.wantedItems("operands");
        List<Pullback> pullbacks = BRANCHES.stream()
                .map(branch -> n.calculus().pullback(n.call().body(branch), wanted, seeded))
                .toList();
        BitSet connected = new BitSet();
        pullbacks.forEach(pullback -> connected.or(pullback.connected()));
        List<Expr> operands = n.list("operands");
        if (connected.isEmpty()) {
            return Calls.spread(connected, List.of(), operands.size());
        }
        List<Expr> inputs = new ArrayList<>(operands);
        seeded.stream().mapToObj(n::grad).forEach(inputs::add);
        List<TensorType> types = inputs.stream().map(Expr::type).toList();
        List<Body> branches = pullbacks.stream()
                .map(pullback -> n.body(pullback.body().name(), types, p -> {
                    List<Expr> given = Args.inline(p.getFirst().builder(), pullback.body(), p);
                    return connected.stream()
                            .mapToObj(i -> pullback.connected().get(i)
                                    ? given.get(pullback.resultOf(i))
                                    : p.get(i).zerosLike())
                            .toList();
                }))
                .toList();
        List<Expr> cotangents = n.calls(COND, n.raw("pred"), branches.getFirst(), branches.getLast(), inputs);
        return Calls.spread(connected, cotangents, operands.size());
    }
}
