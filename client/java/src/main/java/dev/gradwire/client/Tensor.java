package dev.gradwire.client;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A value of the recorded graph, or a leaf with values of its own. Operators are the methods inherited; they record and
 * send nothing. Safe for use by several threads.
 *
 * <p>What asks the server, in one request for everything that is needed and not known yet: {@link #data}, {@link
 * #evaluate}, {@link #item}, {@link #backward}, {@link #gradFn} and, on tensors without known values, {@link #shape},
 * {@link #dtype} and {@link #requiresGrad()}. All of these throw {@link GradwireException}.
 */
public final class Tensor extends TensorOperators {
    private final Gradwire client;
    private final long id;
    private final int index;
    /** Gone once the value is known and no gradient can flow through. */
    private volatile @Nullable Node node;

    private volatile @Nullable TensorData value;
    private volatile @Nullable TensorType type;
    /** How to find the type of a function's argument. */
    private @Nullable Supplier<TensorType> lateType;

    private volatile @Nullable String name;
    private volatile boolean leafRequiresGrad;
    private volatile @Nullable GradFn gradFn;
    private @Nullable Tensor grad;

    /** A leaf. */
    Tensor(Gradwire client, TensorData value) {
        this(client, value.type());
        this.value = value;
    }

    /** A leaf whose values come with each run. */
    Tensor(Gradwire client, TensorType type) {
        this.client = client;
        this.id = Node.nextId();
        this.index = 0;
        this.type = type;
    }

    /** Stands for an argument of a function, made of what the function is called with. */
    Tensor(Tensor operand, UnaryOperator<TensorType> slice) {
        this.client = operand.client;
        this.id = Node.nextId();
        this.index = 0;
        TensorType known = operand.type;
        this.type = known == null ? null : slice.apply(known);
        this.lateType = () -> slice.apply(operand.type());
        this.leafRequiresGrad = known == null || known.dtype().isDifferentiable();
    }

    /** A result. */
    Tensor(Node node, int index) {
        this.client = node.client();
        this.id = node.id();
        this.index = index;
        this.node = node;
    }

    // Values

    /**
     * The values, computed where they are not known yet.
     *
     * @throws IllegalStateException when they depend on an input of a session or of a function, which has none
     */
    public TensorData data() {
        TensorData known = value;
        if (known == null && isPlaceholder()) {
            throw new IllegalStateException(
                    "an input of a session, or of a function that is being recorded, has no values of its own");
        }
        return known == null ? client.evaluator().value(this) : known;
    }

    /** Asks for the values and the grad_fn, so that printing this tensor shows them. */
    public Tensor evaluate() {
        data();
        gradFn();
        return this;
    }

    /**
     * The one element.
     *
     * @throws IllegalStateException when there is not exactly one, or it is complex
     */
    public double item() {
        return data().item();
    }

    /**
     * The one element as a complex number.
     *
     * @throws IllegalStateException when there is not exactly one
     */
    public Complex complexItem() {
        return data().complexItem();
    }

    /** Length of each dimension, outermost first; empty for a scalar. */
    public long[] shape() {
        return type().shape();
    }

    /** Type of the elements. */
    public DType dtype() {
        return type().dtype();
    }

    TensorType type() {
        TensorType known = type;
        Supplier<TensorType> late = lateType;
        if (known == null && late != null) {
            known = late.get();
            type = known;
        }
        return known == null ? client.evaluator().type(this) : known;
    }

    // Names

    /**
     * Names it for errors, grad_fn metadata and drawings. If a graph has the name already it is numbered there.
     *
     * @throws IllegalArgumentException when the name is empty or contains a colon
     * @return this
     */
    public Tensor named(String chosen) {
        if (chosen.isEmpty() || chosen.indexOf(':') >= 0) {
            throw new IllegalArgumentException("not a name: '" + chosen + "'");
        }
        name = chosen;
        return this;
    }

    String nameOr(String other) {
        String chosen = name;
        return chosen == null ? other : chosen;
    }

    // Gradients

    /**
     * Asks for gradients of this leaf, or no longer. The result of a factory such as {@code zeros} becomes a leaf, for
     * which its values are asked for before anything is computed from it.
     *
     * @throws IllegalStateException when it is computed from something that requires grad
     * @throws IllegalArgumentException when its element type is not floating point or complex
     * @return this
     */
    public Tensor requiresGrad(boolean required) {
        if (!isLeaf()) {
            throw new IllegalStateException("only leaves can be told whether they require grad: use detach()");
        }
        TensorType known = type;
        if (required && known != null && !known.dtype().isDifferentiable()) {
            throw new IllegalArgumentException("only floating point and complex tensors can require grad, but this is "
                    + known.dtype().label());
        }
        leafRequiresGrad = required;
        return this;
    }

    /** Whether it is a leaf that requires grad, or computed from one by differentiable operators. */
    public boolean requiresGrad() {
        return isLeaf() ? leafRequiresGrad : gradFn() != null;
    }

    /** Whether it has no history to differentiate through. */
    public boolean isLeaf() {
        Node producer = node;
        return producer == null || !producer.tracks();
    }

    /** As {@link #requiresGrad()} for all that this side knows: results of unknown operators count as differentiable. */
    boolean tracks() {
        return leafRequiresGrad || !isLeaf();
    }

    /**
     * Adds the gradients of this scalar to {@link #grad} of the leaves that it depends on.
     *
     * @throws NotDifferentiableException when it depends on none that requires grad
     * @throws InvalidGraphException when it has more than one element
     */
    public void backward() {
        client.evaluator().backward(this, null);
    }

    /**
     * Adds the vector-Jacobian product to {@link #grad} of the leaves that this tensor depends on.
     *
     * @param cotangent of this tensor's shape and element type
     * @throws NotDifferentiableException when it depends on none that requires grad
     * @throws InvalidGraphException when the cotangent has another type
     */
    public void backward(Tensor cotangent) {
        client.evaluator().backward(this, cotangent);
    }

    /** What {@link #backward} calls have added up; null where none reached this leaf, which is not the same as zero. */
    public synchronized @Nullable Tensor grad() {
        return grad;
    }

    /** Forgets the gradient. */
    public synchronized void zeroGrad() {
        grad = null;
    }

    synchronized void accumulate(TensorData gradient) {
        Tensor addend = new Tensor(client, gradient);
        Tensor before = grad;
        grad = before == null ? addend : Gradwire.noGrad(() -> before.add(addend));
    }

    /** The same values without history: no gradient flows through. */
    public Tensor detach() {
        TensorData known = value;
        return known == null ? call("detach", this).constant().tensor() : new Tensor(client, known);
    }

    /** How it is differentiated, with everything behind it; null for leaves and where no gradient flows. */
    public @Nullable GradFn gradFn() {
        GradFn known = gradFn;
        return known == null && !isLeaf() ? client.evaluator().gradFn(this) : known;
    }

    // What the recording knows

    @Override
    Call call(String operator, @Nullable Object... args) {
        return client.call(operator, args);
    }

    Gradwire client() {
        return client;
    }

    long id() {
        return id;
    }

    int index() {
        return index;
    }

    @Nullable
    Node node() {
        return node;
    }

    boolean isKnown() {
        return value != null;
    }

    /** Whether it has neither values nor a way to compute them. */
    boolean isPlaceholder() {
        return value == null && node == null;
    }

    boolean requiresGradAsLeaf() {
        return leafRequiresGrad;
    }

    /** Whether it was made a leaf before its values were known. */
    boolean isPendingLeaf() {
        return leafRequiresGrad && value == null && node != null;
    }

    void learn(TensorData computed) {
        type = computed.type();
        value = computed;
        Node producer = node;
        if (producer != null && !producer.tracks()) {
            name = nameOr(Names.bare(producer.operator()));
            node = null;
        }
    }

    void learn(TensorType computed) {
        type = computed;
    }

    void learn(@Nullable GradFn computed) {
        gradFn = computed;
    }

    /**
     * As PyTorch prints it, {@code tensor([6., 6.], grad_fn=<MulBackward0>)}, where the values are known; asks no
     * server.
     */
    @Override
    public String toString() {
        TensorData known = value;
        Node producer = node;
        if (known == null) {
            return "tensor(<" + (producer == null ? nameOr("input") : nameOr(producer.operator())) + ", not computed>)";
        }
        GradFn function = gradFn;
        String suffix = function != null ? "grad_fn=" + function : leafRequiresGrad ? "requires_grad=True" : "";
        return TensorPrinter.print(known, suffix);
    }
}
