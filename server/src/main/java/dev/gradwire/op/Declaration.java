package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Operator;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Schema;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator is, declared once:
 *
 * <pre>{@code
 * operator("softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor")
 *         .doc("log(1 + exp(beta · self)) / beta")
 *         .gradFn("SoftplusBackward0")
 *         .types(Elementwise.toFloat("self"))
 *         .vjp("self", n -> …)
 *         .decompose(n -> …)
 *         .samples("float64[3]", "float64[2, 3], 2.0")
 * }</pre>
 *
 * An operator's meaning is one of: {@link #composite} (a name for a combination, like PyTorch's implicit composites;
 * needs no type rule, derivative or grad_fn of its own), {@link #kernel} (a kernel of the backends), {@link #decompose}
 * (simpler operators, put in its place after differentiation), or, for {@code grad} and its like, a transform.
 */
public final class Declaration {
    /** A cotangent for each tensor of the parameters it is declared for; null stands for zero. */
    @FunctionalInterface
    public interface VjpRule {
        List<@Nullable Expr> apply(Backward backward);
    }

    /** A derivative rule and the parameters it serves. */
    public record Vjp(List<String> parameters, VjpRule rule) {
        /** Whether the derivative is zero everywhere it exists. */
        public boolean isZero() {
            return rule instanceof ZeroRule;
        }
    }

    private record ZeroRule() implements VjpRule {
        @Override
        public List<@Nullable Expr> apply(Backward backward) {
            return Collections.singletonList(null);
        }
    }

    /** What stands for a call: one expression for each result. */
    @FunctionalInterface
    public interface Expansion {
        List<Expr> apply(Args args);
    }

    /** The types at which a call uses a function: those of its arguments. Functions before it are bodies already. */
    @FunctionalInterface
    public interface BodyRule {
        List<TensorType> inputs(Call call, String parameter);
    }

    /**
     * A kernel and the arguments it is given, in the order of the kernel's own schema.
     *
     * @param name ATen's overload, e.g. {@code sum.dim_IntList}
     * @param takes the calls it is for
     */
    public record KernelBinding(String name, Function<Call, List<Argument>> arguments, Predicate<Call> takes) {}

    private final List<Overload> overloads = new ArrayList<>();
    private final List<String> aliases = new ArrayList<>();
    private final List<Vjp> vjps = new ArrayList<>();
    private final List<String> samples = new ArrayList<>();
    private final Schema canonical;
    private String doc = "";
    private @Nullable TypeRule types;
    private @Nullable BodyRule bodies;
    private @Nullable Flow flow;
    private ToIntFunction<Call> hiddenResults = _ -> 0;
    private @Nullable Expansion composite;
    private @Nullable Expansion rewriting;
    private Predicate<Args> rewritten = _ -> false;
    private @Nullable Expansion decomposition;
    private @Nullable KernelBinding kernel;
    private Predicate<Call> looped = _ -> false;
    private @Nullable Expansion loops;
    private @Nullable BatchRule batch;
    private @Nullable ToLongFunction<Call> flops;
    private Set<Integer> constantResults = Set.of();
    private boolean view;
    private boolean complex;
    private boolean check;
    private boolean internal;
    private boolean transform;
    private boolean choosing;
    private String whyUnsampled = "";

    private Declaration(Schema canonical) {
        this.canonical = canonical;
        overloads.add(new Overload(canonical, null));
    }

    /** Begins a declaration with the schema whose parameters all overloads share. */
    static Declaration operator(String schema) {
        return new Declaration(Schema.parse(schema));
    }

    /** PyTorch's {@code …_copy} of a view: the same, without the promise to share storage. */
    Declaration copy() {
        return renamed("_copy", gradFn -> gradFn + "_copy").doc(doc + "; a copy");
    }

    /** PyTorch's {@code …_} of a view. In a graph nothing changes in place, but tracers write these names. */
    Declaration inPlace(String gradFn) {
        Declaration other = renamed("_", _ -> gradFn);
        other.samples.clear();
        return other.unsampled("it changes what a check would read again");
    }

    private Declaration renamed(String suffix, UnaryOperator<@Nullable String> gradFn) {
        Declaration other = new Declaration(renamed(canonical, suffix));
        other.overloads.clear();
        for (Overload overload : overloads) {
            Schema schema = overload.schema == canonical ? other.canonical : renamed(overload.schema, suffix);
            other.overloads.add(other.new Overload(schema, gradFn.apply(overload.gradFn)));
        }
        other.vjps.addAll(vjps);
        other.samples.addAll(samples);
        other.doc = doc;
        other.types = types;
        other.decomposition = decomposition;
        other.kernel = kernel;
        other.looped = looped;
        other.loops = loops;
        other.batch = batch;
        other.view = view;
        other.complex = complex;
        return other;
    }

    private static Schema renamed(Schema schema, String suffix) {
        return Schema.parse(schema.name()
                + suffix
                + schema.toString().substring(schema.name().length()));
    }

    // What is declared

    /** One line for the operator reference. */
    Declaration doc(String line) {
        doc = line;
        return this;
    }

    /** PyTorch's name of the grad_fn of the overload declared last; without one it is not differentiable. */
    Declaration gradFn(String name) {
        Overload last = overloads.removeLast();
        overloads.add(new Overload(last.schema, name));
        return this;
    }

    /**
     * Another overload. Its parameters have the names of the first one's; those it lacks take the first one's default.
     */
    Declaration overload(String schema) {
        overloads.add(new Overload(Schema.parse(schema), null));
        return this;
    }

    /** Other names under which the operator is known. */
    Declaration alias(String... names) {
        aliases.addAll(List.of(names));
        return this;
    }

    Declaration types(TypeRule rule) {
        types = rule;
        return this;
    }

    /** The types that the inputs of the functions among the arguments get. */
    Declaration bodies(BodyRule rule) {
        bodies = rule;
        return this;
    }

    /** Which results depend on which operands, where that depends on the functions among the arguments. */
    Declaration flow(Flow rule) {
        flow = rule;
        return this;
    }

    /** How many of a call's last results only derivative rules see. They are computed where something reads them. */
    Declaration hiddenResults(ToIntFunction<Call> count) {
        hiddenResults = count;
        return this;
    }

    /** The cotangent of one tensor parameter. */
    Declaration vjp(String parameter, Function<Backward, @Nullable Expr> rule) {
        vjps.add(new Vjp(List.of(parameter), n -> Arrays.asList(rule.apply(n))));
        return this;
    }

    /** The cotangents of several parameters together, or of each tensor of a list. */
    Declaration vjp(List<String> parameters, VjpRule rule) {
        vjps.add(new Vjp(parameters, rule));
        return this;
    }

    /** Results of floating type that PyTorch does not differentiate, by index. */
    Declaration notDifferentiable(Integer... results) {
        constantResults = Set.of(results);
        return this;
    }

    /** The derivative is zero everywhere it exists ({@code floor}, {@code sign}). */
    Declaration zeroVjp(String... parameters) {
        for (String parameter : parameters) {
            vjp(List.of(parameter), new ZeroRule());
        }
        return this;
    }

    Declaration composite(Expansion expansion) {
        composite = expansion;
        return this;
    }

    /** Some calls are a name for others, which take their place while the graph is recorded. */
    Declaration rewriteWhere(Predicate<Args> which, Function<Args, Expr> expansion) {
        rewritten = which;
        rewriting = args -> List.of(expansion.apply(args));
        return this;
    }

    Declaration decompose(Function<Args, Expr> expansion) {
        decomposition = args -> List.of(expansion.apply(args));
        return this;
    }

    Declaration decomposeAll(Expansion expansion) {
        decomposition = expansion;
        return this;
    }

    /** A kernel that takes the canonical arguments as they are. */
    Declaration kernel(String name) {
        return kernel(name, Call::args);
    }

    Declaration kernel(String name, Function<Call, List<Argument>> arguments) {
        kernel = new KernelBinding(name, arguments, _ -> true);
        return this;
    }

    /** A kernel that takes the canonical arguments of some calls; the others are decomposed. */
    Declaration kernelWhere(String name, Predicate<Call> takes) {
        return kernelWhere(name, Call::args, takes);
    }

    Declaration kernelWhere(String name, Function<Call, List<Argument>> arguments, Predicate<Call> takes) {
        kernel = new KernelBinding(name, arguments, takes);
        return this;
    }

    /**
     * What some calls are made of where elementwise operators and reductions run together in few passes over memory, as
     * they do on the CPU: there it takes the place of the kernel.
     */
    Declaration loops(Predicate<Call> which, Expansion expansion) {
        looped = which;
        loops = expansion;
        return this;
    }

    /**
     * How a call is made for a batch, where a decomposition does not say so as well; elementwise operators and names for
     * combinations of others need no rule, and what has none is run for one element of the batch after another.
     */
    Declaration batch(BatchRule rule) {
        batch = rule;
        return this;
    }

    /** The same for one result. */
    Declaration batchOne(Function<Batching, Expr> rule) {
        return batch(n -> List.of(rule.apply(n)));
    }

    /**
     * Kernel, decomposition and derivative hold for complex tensors too, with PyTorch's convention: the gradient of a real
     * L is ∂L/∂Re z + i ∂L/∂Im z, so that a rule multiplies by the conjugate of the derivative. Operators without this
     * refuse complex operands; of composites it says that their parts take them.
     */
    Declaration complex() {
        complex = true;
        return this;
    }

    /** The decomposition only chooses among numbers that are there, for which no precision is too low. */
    Declaration choosing() {
        choosing = true;
        return this;
    }

    /** The result shares its operand's storage. */
    Declaration view() {
        view = true;
        return this;
    }

    /** It runs although nothing reads its result: it may end the run. */
    Declaration check() {
        check = true;
        return this;
    }

    /**
     * Only rules and decompositions may call it: what it asks of its arguments, such as indices that its kernel does not
     * check, no type rule can see.
     */
    Declaration internal() {
        internal = true;
        return this;
    }

    /**
     * Its meaning is a rewrite of the graph. Derivatives flow through it, but it has no grad_fn: in PyTorch those are the
     * grad_fns of what it becomes.
     */
    Declaration transform() {
        transform = true;
        return this;
    }

    /** Floating point operations of a call; by default one for each element of operands or results. */
    Declaration flops(ToLongFunction<Call> count) {
        flops = count;
        return this;
    }

    /**
     * Argument lists for the derivative checks, in the text form, where a tensor is written as its type and filled with
     * seeded numbers, by default from [−2, 2]: {@code "float64[2, 3], 1, True"}, {@code "float64[3]{0.1..4}"}, or with
     * matrices of a set that the checks know: {@code "float64[3, 3]{spd}"}, {@code lower}, {@code upper},
     * {@code dominant} (far from singular), {@code singular}.
     */
    Declaration samples(String... argumentLists) {
        samples.addAll(List.of(argumentLists));
        return this;
    }

    /** Says why the derivative checks cannot be made with this operator, which then needs no samples. */
    Declaration unsampled(String why) {
        whyUnsampled = why;
        return this;
    }

    // What others ask

    public String name() {
        return canonical.name();
    }

    public Schema canonical() {
        return canonical;
    }

    public String doc() {
        return doc;
    }

    public List<Overload> overloads() {
        return Collections.unmodifiableList(overloads);
    }

    public List<String> aliases() {
        return List.copyOf(aliases);
    }

    public List<String> samples() {
        return List.copyOf(samples);
    }

    public List<Vjp> vjps() {
        return Collections.unmodifiableList(vjps);
    }

    /** Whether a tensor parameter has a derivative. */
    public boolean isDifferentiable(String parameter) {
        return vjps.stream().anyMatch(vjp -> vjp.parameters.contains(parameter));
    }

    /** Whether a result of this type is part of derivatives. */
    public boolean isDifferentiable(int result, TensorType type) {
        return type.dtype().isDifferentiable() && !constantResults.contains(result);
    }

    public boolean isDifferentiable() {
        return !vjps.isEmpty() || composite != null;
    }

    public boolean isInternal() {
        return internal;
    }

    /** Whether its meaning is a derivative, by a rewrite of the graph. */
    public boolean isTransform() {
        return transform;
    }

    /** Whether its decomposition only chooses among numbers. */
    public boolean isChoosing() {
        return choosing;
    }

    /** Whether it is another name for a combination of operators. */
    public boolean isComposite() {
        return composite != null;
    }

    /** Whether it takes complex numbers; a composite says so, but it is its parts that refuse them. */
    public boolean isComplex() {
        return complex;
    }

    /** Whether its tensors may be of a dtype; where shapes or other arguments decide too, some calls may be refused. */
    public boolean takes(DType dtype) {
        boolean known = !dtype.isComplex() || complex;
        return known && (!(types instanceof Elementwise rule) || rule.takes(dtype));
    }

    public @Nullable Flow flow() {
        return flow;
    }

    /** Whether its derivatives can be checked by samples. */
    public boolean isSampled() {
        return whyUnsampled.isEmpty();
    }

    public boolean isView() {
        return view;
    }

    public Optional<KernelBinding> kernel() {
        return Optional.ofNullable(kernel);
    }

    public Optional<Expansion> decomposition() {
        return Optional.ofNullable(decomposition);
    }

    /** What a call is made of where such work runs together; empty where it is better left to its kernel. */
    public Optional<Expansion> loops(Call call) {
        return looped.test(call) ? Optional.ofNullable(loops) : Optional.empty();
    }

    /** How {@code vmap} treats an operator. */
    public enum BatchKind {
        /** By its own rule. */
        RULE,
        /** As all elementwise operators. */
        ELEMENTWISE,
        /** By the simpler operators that it stands for. */
        PARTS,
        /** As the rewrite of the graph that it is. */
        TRANSFORM,
        /** It reads no tensor, and is the same for all. */
        SAME,
        /** One element of the batch after another. */
        LOOP
    }

    public BatchKind batchKind() {
        if (batch != null) {
            return BatchKind.RULE;
        }
        if (types instanceof Elementwise) {
            return BatchKind.ELEMENTWISE;
        }
        if (composite != null || decomposition != null) {
            return BatchKind.PARTS;
        }
        if (transform) {
            return BatchKind.TRANSFORM;
        }
        return canonical.parameters().stream().anyMatch(Parameter::isTensor) ? BatchKind.LOOP : BatchKind.SAME;
    }

    /** The rule by which a call is made for a batch, of its own or that of elementwise operators. */
    public Optional<BatchRule> batchRule() {
        return Optional.ofNullable(batch == null && types instanceof Elementwise ? Batch::elementwise : batch);
    }

    /** The dtype to which the operands named by an elementwise operator are cast before its kernel runs. */
    public Optional<DType> computeDtype(Call call) {
        return types instanceof Elementwise rule ? Optional.of(rule.computeDtype(call)) : Optional.empty();
    }

    /** Whether a tensor parameter is cast to {@link #computeDtype}. */
    public boolean isPromoted(String parameter) {
        return types instanceof Elementwise rule && rule.operands().contains(parameter);
    }

    public long flops(Call call, List<TensorType> results) {
        if (flops != null) {
            return flops.applyAsLong(call);
        }
        if (view) {
            return 0;
        }
        long most = 0;
        for (TensorType type : results) {
            most = Math.max(most, type.shape().elements());
        }
        for (Argument argument : call.args()) {
            if (argument instanceof Value value) {
                most = Math.max(most, value.type().shape().elements());
            }
        }
        return most;
    }

    /** One way to call the operator. */
    public final class Overload implements Operator {
        private final Schema schema;
        private final @Nullable String gradFn;
        /** Computed when first asked for; threads that do so at a time find the same. */
        private int @Nullable [] edges;

        private Overload(Schema schema, @Nullable String gradFn) {
            this.schema = schema;
            this.gradFn = gradFn;
        }

        public Declaration declaration() {
            return Declaration.this;
        }

        /** PyTorch's name of its grad_fn, absent where it is not differentiable. */
        public Optional<String> gradFn() {
            return Optional.ofNullable(gradFn);
        }

        /**
         * Indexes of the arguments that a derivative flows to: those for parameters with a derivative that this overload
         * types as tensors, in its own order.
         */
        public int[] edges() {
            int[] known = edges;
            if (known == null) {
                known = schema.parameters().stream()
                        .filter(parameter -> parameter.isTensor()
                                && (gradFn != null || transform)
                                && (vjps.isEmpty() || isDifferentiable(parameter.name())))
                        .mapToInt(parameter -> canonical.indexOf(parameter.name()))
                        .toArray();
                edges = known;
            }
            return known;
        }

        @Override
        public Schema schema() {
            return schema;
        }

        @Override
        public Schema canonical() {
            return canonical;
        }

        @Override
        public List<TensorType> infer(Call call) {
            if (types == null) {
                throw new IllegalStateException(schema.key() + " has no type rule");
            }
            if (!complex) {
                refuseComplex(call);
            }
            return types.infer(call);
        }

        private void refuseComplex(Call call) {
            for (int i = 0; i < call.args().size(); i++) {
                if (isComplex(call.args().get(i))) {
                    throw GraphException.argument(
                            Reason.DTYPE_UNSUPPORTED,
                            canonical.parameters().get(i).name(),
                            "is complex, which " + schema.key() + " does not take");
                }
            }
        }

        private static boolean isComplex(Argument argument) {
            return switch (argument) {
                case Argument.Complex _ -> true;
                case Value value -> value.type().dtype().isComplex();
                case Argument.Dtype(DType dtype) -> dtype.isComplex();
                case Argument.Items list -> {
                    boolean any = false;
                    for (Argument item : list.items()) {
                        any |= isComplex(item);
                    }
                    yield any;
                }
                default -> false;
            };
        }

        @Override
        public List<TensorType> bodyInputs(Call call, String parameter) {
            if (bodies == null) {
                throw new IllegalStateException(schema.key() + " does not say what its functions take");
            }
            return bodies.inputs(call, parameter);
        }

        @Override
        public int visibleResults(Call call, int results) {
            return results - hiddenResults.applyAsInt(call);
        }

        @Override
        public boolean isView() {
            return view;
        }

        @Override
        public boolean isCheck() {
            return check;
        }

        @Override
        public boolean isInternal() {
            return internal;
        }

        @Override
        public boolean isComposite() {
            return composite != null;
        }

        @Override
        public boolean expands(GraphBuilder builder, Call call) {
            return composite != null || rewritten.test(new Args(builder, call));
        }

        @Override
        public List<Argument> expand(GraphBuilder builder, Call call) {
            Expansion expansion = composite == null ? rewriting : composite;
            if (expansion == null) {
                throw new IllegalStateException(schema.key() + " is not composite");
            }
            return expansion.apply(new Args(builder, call)).stream()
                    .<Argument>map(Expr::value)
                    .toList();
        }
    }
}
