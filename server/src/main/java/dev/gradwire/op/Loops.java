package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loops over functions. Behind the results that their callers see stand those of their derivative: the carries at the
 * beginning of each iteration, stacked, and for a {@code while_loop} how many iterations there were. They are computed
 * only where something reads them.
 */
public final class Loops {
    public static final String SCAN = "scan";
    /** A scan that may end after {@code count} iterations; the rows of the others are zero. */
    public static final String INTERNAL_SCAN = "_scan";

    public static final String WHILE = "while_loop";

    private Loops() {}

    static List<Declaration> declarations() {
        return List.of(
                scan(
                        SCAN + "(Function combine_fn, Tensor[] init, Tensor[] xs, Tensor[] additional_inputs=[], *,"
                                + " int dim=0, bool reverse=False, int? length=None) -> Tensor[]",
                        "carries, y = combine_fn(*carries, *slices of xs, *additional_inputs) for each slice along dim;"
                                + " the last carries, then the ys stacked along a new first dimension"),
                scan(
                                INTERNAL_SCAN + "(Function combine_fn, Tensor[] init, Tensor[] xs,"
                                        + " Tensor[] additional_inputs, int dim, bool reverse, int length,"
                                        + " Tensor? count) -> Tensor[]",
                                "scan that goes through the first count slices of xs, in either direction")
                        .internal(),
                operator(WHILE + "(Function cond_fn, Function body_fn, Tensor[] carried_inputs,"
                                + " Tensor[] additional_inputs=[], *, int? max_iterations=None) -> Tensor[]")
                        .doc(
                                "carries = body_fn(*carries, *additional_inputs) while cond_fn, of the same arguments, holds;"
                                        + " reverse mode needs max_iterations and keeps so many copies of the carries")
                        .gradFn("WhileLoopBackward0")
                        .bodies((call, _) -> concat(call.types("carried_inputs"), call.types("additional_inputs")))
                        .types(Loops::whileTypes)
                        .hiddenResults(call -> 1 + (call.has("max_iterations") ? carries(call) : 0))
                        .flow(new LoopFlow("body_fn"))
                        .vjp(List.of("carried_inputs", "additional_inputs"), LoopRule::ofWhile)
                        .complex()
                        .unsampled("it takes functions"));
    }

    private static Declaration scan(String schema, String doc) {
        return operator(schema)
                .doc(doc)
                .gradFn("ScanBackward0")
                .bodies((call, _) -> scanInputs(call))
                .types(Loops::scanTypes)
                .hiddenResults(Loops::carries)
                .flow(new LoopFlow("combine_fn"))
                .vjp(List.of("init", "xs", "additional_inputs"), LoopRule::ofScan)
                .complex()
                .unsampled("it takes a function");
    }

    /** How many tensors a loop carries from one iteration to the next. */
    public static int carries(Call call) {
        return call.items(isWhile(call) ? "carried_inputs" : "init").size();
    }

    public static boolean isWhile(Call call) {
        return call.op().canonical().name().equals(WHILE);
    }

    /** Whether the call has an operand that says how many iterations there are. */
    public static boolean isCounted(Call call) {
        return call.op().canonical().name().equals(INTERNAL_SCAN) && call.has("count");
    }

    /** The dimension of xs that a scan goes along, from the front: one for each. */
    public static int[] sliceDims(Call call) {
        return call.types("xs").stream()
                .mapToInt(type -> Dims.normalize("dim", call.integer("dim"), type.rank()))
                .toArray();
    }

    /** How many slices a scan goes through. */
    public static long length(Call call) {
        List<TensorType> xs = call.types("xs");
        int[] dims = sliceDims(call);
        if (xs.isEmpty() && !call.has("length")) {
            throw GraphException.argument(Reason.MISSING_ARGUMENT, "length", "must be given where there are no xs");
        }
        long length = call.has("length")
                ? call.integer("length")
                : xs.getFirst().shape().dim(dims[0]);
        if (length < 0) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, "length", "must not be negative, but is " + length);
        }
        for (int i = 0; i < dims.length; i++) {
            long slices = xs.get(i).shape().dim(dims[i]);
            if (slices != length) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "xs",
                        "entry " + i + " has " + slices + " slices along dimension " + dims[i] + ", but must have "
                                + length);
            }
        }
        return length;
    }

    private static List<TensorType> scanInputs(Call call) {
        List<TensorType> xs = call.types("xs");
        for (int i = 0; i < xs.size(); i++) {
            if (xs.get(i).rank() == 0) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH, "xs", "entry " + i + " has no dimension to go along");
            }
        }
        length(call);
        int[] dims = sliceDims(call);
        List<TensorType> types = new ArrayList<>(call.types("init"));
        for (int i = 0; i < dims.length; i++) {
            types.add(new TensorType(xs.get(i).dtype(), xs.get(i).shape().withoutDim(dims[i])));
        }
        return concat(types, call.types("additional_inputs"));
    }

    static <T> List<T> concat(List<? extends T> first, List<? extends T> second) {
        List<T> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static List<TensorType> scanTypes(Call call) {
        long length = length(call);
        Body body = call.body("combine_fn");
        List<TensorType> init = call.types("init");
        List<TensorType> results = body.resultTypes();
        if (results.size() < init.size()) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "combine_fn",
                    "the function '" + body.name() + "' must return " + init.size() + " carries first, but returns "
                            + results.size() + " tensors");
        }
        requireCarries("combine_fn", body, init);
        List<TensorType> types = new ArrayList<>(init);
        results.subList(init.size(), results.size()).forEach(type -> types.add(stacked(type, length)));
        init.forEach(type -> types.add(stacked(type, length)));
        return types;
    }

    private static void requireCarries(String parameter, Body body, List<TensorType> carries) {
        List<TensorType> results = body.resultTypes();
        for (int i = 0; i < carries.size(); i++) {
            Require.sameType(
                    parameter,
                    "result " + i + " of the function '" + body.name() + "'",
                    results.get(i),
                    carries.get(i));
        }
    }

    private static TensorType stacked(TensorType type, long length) {
        return new TensorType(type.dtype(), type.shape().insertDim(0, length));
    }

    private static List<TensorType> whileTypes(Call call) {
        Body test = call.body("cond_fn");
        String what = "the function '" + test.name() + "' ";
        if (test.resultTypes().size() != 1) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "cond_fn",
                    what + "must return one tensor, but returns "
                            + test.resultTypes().size());
        }
        Branches.requirePredicate(
                "cond_fn", "the result of " + what, test.resultTypes().getFirst());
        Body body = call.body("body_fn");
        List<TensorType> carries = call.types("carried_inputs");
        if (body.resultTypes().size() != carries.size()) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "body_fn",
                    "the function '" + body.name() + "' must return as many tensors as are carried, " + carries.size()
                            + ", but returns " + body.resultTypes().size());
        }
        requireCarries("body_fn", body, carries);
        List<TensorType> types = new ArrayList<>(carries);
        if (call.has("max_iterations")) {
            long most = call.integer("max_iterations");
            if (most < 0) {
                throw GraphException.argument(
                        Reason.INVALID_ARGUMENT, "max_iterations", "must not be negative, but is " + most);
            }
            carries.forEach(type -> types.add(stacked(type, most)));
        }
        types.add(new TensorType(DType.INT64, Shape.SCALAR));
        return types;
    }

    /** Derivatives flow into a carry from its beginning and, through the other iterations, from all that it meets. */
    private record LoopFlow(String body) implements Flow {
        @Override
        public BitSet results(Call call, BitSet operands, Dependence of) {
            int carries = carries(call);
            BitSet marked = (BitSet) operands.clone();
            BitSet results = of.results(call.body(body), marked);
            while (grow(marked, results, carries)) {
                results = of.results(call.body(body), marked);
            }
            int visible = call.body(body).graph().outputs().size();
            BitSet all = (BitSet) results.clone();
            for (int i = 0; i < carries; i++) {
                all.set(i, marked.get(i));
                all.set(visible + i, marked.get(i));
            }
            return all;
        }

        @Override
        public BitSet operands(Call call, BitSet results, Dependence of) {
            int carries = carries(call);
            int visible = call.body(body).graph().outputs().size();
            BitSet marked = results.get(0, visible);
            for (int i = 0; i < carries; i++) {
                marked.set(i, results.get(i) || results.get(visible + i));
            }
            BitSet operands = of.inputs(call.body(body), marked);
            while (grow(marked, operands, carries)) {
                operands = of.inputs(call.body(body), marked);
            }
            for (int i = 0; i < carries; i++) {
                operands.set(i, marked.get(i));
            }
            return operands;
        }

        /** Takes over what is marked among the carries; whether that is more than before. */
        private static boolean grow(BitSet marked, BitSet found, int carries) {
            int before = marked.cardinality();
            marked.or(found.get(0, carries));
            return marked.cardinality() > before;
        }
    }

    /** The cotangents of some results, null where zero. */
    static List<@Nullable Expr> cotangents(Backward n, int first, int count) {
        @Nullable Expr[] given = new @Nullable Expr[count];
        for (int i = 0; i < count; i++) {
            given[i] = n.hasGrad(first + i) ? n.grad(first + i) : null;
        }
        return Arrays.asList(given);
    }
}
