package dev.gradwire.op;

import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.op.Calculus.Pullback;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The derivative of a loop is a scan the other way. With c' , y = f(c, x, k) and the carries c of each iteration kept,
 * an iteration takes the cotangent of c' and gives that of c, adds to that of k, and stacks that of x: all by the
 * pullback of f, which computes f's inner values again. As the result is a scan, it has derivatives itself.
 */
final class LoopRule {
    private final Backward n;
    private final Body body;
    private final List<Expr> slices;
    private final List<Expr> constants;
    /** How many carries. */
    private final int carries;

    private final int results;
    /** The cotangents of the last carries, the ys and the carries of each iteration. */
    private final List<@Nullable Expr> grads;
    /** The inputs of the body, by their place there, whose cotangents are used. */
    private final BitSet wanted;
    /** The results of the body, by their place there, whose cotangents are not zero. */
    private final BitSet seeded = new BitSet();

    private LoopRule(Backward n, String body, List<String> operands, List<Expr> slices) {
        this.n = n;
        this.body = n.call().body(body);
        this.carries = n.call().items(operands.getFirst()).size();
        this.slices = slices;
        this.constants = n.list("additional_inputs");
        this.results = this.body.graph().outputs().size();
        this.grads = Loops.cotangents(n, 0, Math.min(n.resultCount(), results + carries));
        this.wanted = wanted(operands);
    }

    static List<@Nullable Expr> ofScan(Backward n) {
        int[] dims = Loops.sliceDims(n.call());
        List<Expr> xs = n.list("xs");
        List<Expr> slices = IntStream.range(0, dims.length)
                .mapToObj(i -> dims[i] == 0 ? xs.get(i) : xs.get(i).call("movedim", dims[i], 0))
                .toList();
        LoopRule rule = new LoopRule(n, "combine_fn", List.of("init", "xs", "additional_inputs"), slices);
        boolean counted = Loops.isCounted(n.call());
        List<@Nullable Expr> all =
                rule.run(!n.bool("reverse"), Loops.length(n.call()), counted ? n.arg("count") : null);
        for (int i = 0; i < dims.length; i++) {
            Expr cotangent = all.get(rule.carries + i);
            if (cotangent != null && dims[i] != 0) {
                all.set(rule.carries + i, cotangent.call("movedim", 0, dims[i]));
            }
        }
        return all;
    }

    static List<@Nullable Expr> ofWhile(Backward n) {
        if (!n.has("max_iterations")) {
            throw GraphException.argument(
                    Reason.NOT_DIFFERENTIABLE,
                    "max_iterations",
                    "must be given for derivatives: they need the carries of every iteration, and how many are kept"
                            + " must be known beforehand");
        }
        LoopRule rule = new LoopRule(n, "body_fn", List.of("carried_inputs", "additional_inputs"), List.of());
        return rule.run(true, n.integer("max_iterations"), n.result(n.resultCount() - 1));
    }

    /** A carry's cotangent matters if any operand's is wanted that it depends on. */
    private BitSet wanted(List<String> operands) {
        BitSet marked = new BitSet();
        int first = 0;
        for (String parameter : operands) {
            int offset = first;
            n.wantedItems(parameter).stream().forEach(i -> marked.set(offset + i));
            first += n.call().items(parameter).size();
        }
        int before;
        do {
            before = marked.cardinality();
            marked.or(n.calculus().results(body, marked).get(0, carries));
        } while (marked.cardinality() > before);
        return marked;
    }

    private List<@Nullable Expr> run(boolean reverse, long length, @Nullable Expr count) {
        for (int i = 0; i < carries; i++) {
            seeded.set(i, wanted.get(i) && (grads.get(i) != null || history(i) != null));
        }
        for (int i = carries; i < results; i++) {
            seeded.set(i, grads.get(i) != null);
        }
        int before;
        Pullback pullback;
        do {
            before = seeded.cardinality();
            pullback = n.calculus().pullback(body, wanted, seeded);
            seeded.or(pullback.connected().get(0, carries));
        } while (seeded.cardinality() > before);
        return seeded.isEmpty()
                ? Arrays.asList(new @Nullable Expr[carries + slices.size() + constants.size()])
                : new Reversed(pullback).run(reverse, length, count);
    }

    /** The cotangent of a carry as it was at the beginning of each iteration. */
    private @Nullable Expr history(int carry) {
        int index = results + carry;
        return index < grads.size() ? grads.get(index) : null;
    }

    /** The scan the other way: its operands, and what its iteration does with them. */
    private final class Reversed {
        private static final int UNREAD = -1;

        private final Pullback pullback;
        private final int constantsFrom = carries + slices.size();
        /** The carries whose cotangent is carried. */
        private final int[] live;
        /** The constants that have a cotangent, by their place in the body: a carry adds it up. */
        private final int[] summed;
        /** The slices that have a cotangent, by their place in the body. */
        private final int[] stacked;

        private final List<Expr> init = new ArrayList<>();
        private final List<Expr> xs = new ArrayList<>();
        private final List<Expr> additional = new ArrayList<>();
        /** Where each input of the pullback stands among all operands. */
        private final int[] sources;
        /** Where the cotangent of each carry's history stands among all operands. */
        private final int[] histories = new int[carries];

        Reversed(Pullback pullback) {
            this.pullback = pullback;
            BitSet connected = pullback.connected();
            live = seeded.get(0, carries).stream().toArray();
            stacked = connected.get(0, constantsFrom).stream()
                    .filter(i -> i >= carries)
                    .toArray();
            summed = connected.stream().filter(i -> i >= constantsFrom).toArray();
            sources = new int[pullback.body().graph().inputs().size()];
            Arrays.fill(sources, UNREAD);
            Arrays.fill(histories, UNREAD);
            begin();
            collect();
        }

        private void begin() {
            for (int carry : live) {
                Expr grad = grads.get(carry);
                init.add(grad != null ? grad : n.result(carry).zerosLike());
            }
            for (int constant : summed) {
                init.add(constants.get(constant - constantsFrom).zerosLike());
            }
        }

        /** Slices come before constants, so all of them are there before the first constant. */
        private void collect() {
            BitSet read = pullback.read();
            for (int i = 0; i < constantsFrom; i++) {
                if (read.get(i)) {
                    sources[i] = slice(i < carries ? n.result(results + i) : slices.get(i - carries));
                }
            }
            int next = constantsFrom + constants.size();
            for (int result = seeded.nextSetBit(0); result >= 0; result = seeded.nextSetBit(result + 1)) {
                Expr grad = result < carries ? null : grads.get(result);
                sources[next++] = grad == null ? Arrays.binarySearch(live, result) : slice(grad);
            }
            for (int carry : live) {
                Expr grad = history(carry);
                histories[carry] = grad == null ? UNREAD : slice(grad);
            }
            for (int i = 0; i < constants.size(); i++) {
                if (read.get(constantsFrom + i)) {
                    additional.add(constants.get(i));
                    sources[constantsFrom + i] = init.size() + xs.size() + additional.size() - 1;
                }
            }
        }

        private int slice(Expr stack) {
            xs.add(stack);
            return init.size() + xs.size() - 1;
        }

        List<@Nullable Expr> run(boolean reverse, long length, @Nullable Expr count) {
            List<TensorType> types = new ArrayList<>();
            init.forEach(each -> types.add(each.type()));
            xs.forEach(
                    each -> types.add(new TensorType(each.dtype(), each.shape().withoutDim(0))));
            additional.forEach(each -> types.add(each.type()));
            Body iteration = n.body(pullback.body().name(), types, this::iteration);
            List<Expr> found = n.calls(Loops.INTERNAL_SCAN, iteration, init, xs, additional, 0, reverse, length, count);
            @Nullable Expr[] cotangents = new @Nullable Expr[constantsFrom + constants.size()];
            int next = 0;
            for (int[] group : List.of(live, summed, stacked)) {
                for (int input : group) {
                    cotangents[input] = found.get(next++);
                }
            }
            return Arrays.asList(cotangents);
        }

        private List<Expr> iteration(List<Expr> given) {
            List<@Nullable Expr> inputs = new ArrayList<>();
            for (int source : sources) {
                inputs.add(source == UNREAD ? null : given.get(source));
            }
            List<Expr> grads = Args.inline(given.getFirst().builder(), pullback.body(), inputs);
            List<Expr> next = new ArrayList<>();
            for (int i = 0; i < live.length; i++) {
                Expr through = pullback.connected().get(live[i]) ? grads.get(pullback.resultOf(live[i])) : null;
                Expr direct = histories[live[i]] == UNREAD ? null : given.get(histories[live[i]]);
                next.add(sum(through, direct, given.get(i)));
            }
            for (int i = 0; i < summed.length; i++) {
                next.add(given.get(live.length + i).add(grads.get(pullback.resultOf(summed[i]))));
            }
            for (int slice : stacked) {
                next.add(grads.get(pullback.resultOf(slice)));
            }
            return next;
        }

        private static Expr sum(@Nullable Expr a, @Nullable Expr b, Expr like) {
            if (a == null) {
                return b == null ? like.zerosLike() : b;
            }
            return b == null ? a : a.add(b);
        }
    }
}
