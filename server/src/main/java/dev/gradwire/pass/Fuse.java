package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Group.Places;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.pass.Draft.Extent;
import dev.gradwire.pass.Draft.Member;
import dev.gradwire.pass.Draft.Ref;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides which nodes run together as one {@link dev.gradwire.kernel.Group}: elementwise ones over as many places, and
 * reductions along the last or the first dimensions.
 *
 * <p>Each value has a level: what a unit of level l makes, units of a level above l read, and only members of one and
 * the same group read each other's values. So the units can always be put in order, whatever joins: a node joins the
 * group of its operands if all else that it reads comes from a lower level, or else a group on the lowest level that
 * it can have.
 */
final class Fuse {
    /** Larger groups would take long to compile and gain nothing. */
    private static final int MAX_MEMBERS = 4000;

    /**
     * Up to here all nodes of a level that have as many places are one group; above, only those that read the same, as
     * what is computed long before it is read takes memory.
     */
    private static final long SMALL = 4096;

    /** Up to here a group may go on with a reduction of all its places, which takes a pass of its own. */
    private static final long PASSES_AT_MOST = 65_536;

    private record Place(int level, long places) {}

    private final Views views;
    private final @Nullable Groups groups;
    /** By the ids of values: on what level they are made. */
    private final int[] levels;

    private final Draft.Makers makers;
    private final Map<Place, List<Draft>> open = new HashMap<>();
    private final List<Draft> all = new ArrayList<>();
    private Places lastInOrder = Places.SINGLE;

    Fuse(Graph graph, Views views, @Nullable Groups groups) {
        this.views = views;
        this.groups = groups;
        this.levels = new int[graph.valueCount()];
        this.makers = new Draft.Makers(views, graph.valueCount());
    }

    /** The group that makes a value; null for what no group makes. */
    @Nullable
    Draft groupOf(Value value) {
        return makers.of(value);
    }

    /** All groups, those that nothing joined among them. */
    List<Draft> drafts() {
        return all;
    }

    /** Counts a node that stands alone. */
    void alone(Node node, List<Value> operands) {
        int level = 0;
        for (Value operand : operands) {
            level = Math.max(level, levels[views.root(operand).id()] + 1);
        }
        for (Value result : node.results()) {
            levels[result.id()] = level;
        }
    }

    /** Puts a node in a group; false when it cannot be part of any. */
    boolean join(Node node, KernelCall call, List<Value> operands) {
        if (groups == null
                || node.results().size() != 1
                || node.result().type().shape().elements() == 0) {
            return false;
        }
        Reduction reduction = Reduction.of(call, groups);
        if (reduction != null) {
            return reduce(node, call, reduction, operands.getFirst());
        }
        Lowering.Writer writer = Lowering.find(call, groups);
        if (writer == null) {
            return false;
        }
        Shape shape = node.result().type().shape();
        List<Ref> refs = new ArrayList<>(operands.size());
        for (Value operand : operands) {
            // The elements of another shape are in the same order.
            boolean reshaped = operands.size() == 1 && operand.type().shape().elements() == shape.elements();
            refs.add(ref(operand, reshaped ? operand.type().shape() : shape));
        }
        Member member = new Member(node, call, writer, null, refs);
        Draft draft = groupFor(refs);
        if (draft != null && joinMapped(draft, member)) {
            return true;
        }
        place(newGroup(refs, shape.elements()), member, Extent.PLACE);
        return true;
    }

    /** Elements of an operand as a node with a result of this shape reads them. */
    private Ref ref(Value operand, Shape shape) {
        Value root = views.root(operand);
        Layout layout = views.layout(operand);
        if (layout.isContiguous() && layout.offset() == 0) {
            Shape own = operand.type().shape();
            if (own.elements() == 1 || own.equals(shape)) {
                return new Ref(root, inOrder(own.elements()));
            }
        }
        boolean same = layout.shape().equals(shape);
        // How a layout is expanded is counted from its own first element.
        Layout expanded = same ? layout : Layouts.expand(layout, shape.dims()).shifted(layout.offset());
        return new Ref(root, Places.of(expanded));
    }

    /** Most operands are of one length and as they stand: these have their places in common. */
    private Places inOrder(long elements) {
        if (elements == 1) {
            return Places.SINGLE;
        }
        if (lastInOrder.sizes().isEmpty() || lastInOrder.sizes().getFirst() != elements) {
            lastInOrder = Places.inOrder(elements);
        }
        return lastInOrder;
    }

    /**
     * The group of the operands on the highest level, if all others come from below it or are its own; null if there is
     * none.
     */
    private @Nullable Draft groupFor(List<Ref> refs) {
        Draft best = null;
        for (Ref ref : refs) {
            Draft draft = makers.of(ref.root());
            if (draft != null && (best == null || draft.level > best.level)) {
                best = draft;
            }
        }
        if (best == null || best.members().size() >= MAX_MEMBERS) {
            return null;
        }
        for (Ref ref : refs) {
            boolean inside = best.extent(ref.root()) != null;
            if (!inside && availableFrom(ref) > best.level) {
                return null;
            }
        }
        return best;
    }

    /** The lowest level from which what a reference reads is there. */
    private int availableFrom(Ref ref) {
        Value root = ref.root();
        return views.number(root) != null ? 0 : levels[root.id()] + 1;
    }

    /** Joins a group whose values it reads, where each is read at the place or row at which it is made. */
    private boolean joinMapped(Draft draft, Member member) {
        long elements = member.result().type().shape().elements();
        if (!draft.isDecided() && draft.places <= PASSES_AT_MOST) {
            for (Ref ref : member.refs()) {
                if (draft.extent(ref.root()) == Extent.ALL) {
                    draft.decide(draft.places);
                }
            }
        }
        for (Ref ref : member.refs()) {
            if (draft.extent(ref.root()) != null && (isUndecided(draft, ref) || !draft.matches(ref, elements))) {
                return false;
            }
        }
        if (elements == draft.places) {
            place(draft, member, Extent.PLACE);
            return true;
        }
        if (draft.isDecided() && elements == draft.rows()) {
            place(draft, member, Extent.ROW);
            return true;
        }
        return false;
    }

    /** A total may still become a result that a row has, but not by being read. */
    private static boolean isUndecided(Draft draft, Ref ref) {
        return draft.extent(ref.root()) == Extent.ALL && !draft.isDecided();
    }

    /** A group on the lowest level that operands allow. */
    private Draft newGroup(List<Ref> refs, long places) {
        int level = 1;
        for (Ref ref : refs) {
            level = Math.max(level, availableFrom(ref));
        }
        List<Draft> drafts = open.computeIfAbsent(new Place(level, places), _ -> new ArrayList<>());
        if (!drafts.isEmpty()) {
            Draft last = drafts.getLast();
            if (last.members().size() < MAX_MEMBERS && (places <= SMALL || readsSame(last, refs))) {
                return last;
            }
        }
        Draft made = new Draft(places, level, makers);
        drafts.add(made);
        all.add(made);
        return made;
    }

    private static boolean readsSame(Draft draft, List<Ref> refs) {
        for (Ref ref : refs) {
            if (!ref.layout().isSingle() && draft.reads(ref.root())) {
                return true;
            }
        }
        return false;
    }

    private void place(Draft draft, Member member, Extent extent) {
        draft.join(member, extent);
        levels[member.result().id()] = draft.level;
    }

    private boolean reduce(Node node, KernelCall call, Reduction reduction, Value operand) {
        Shape shape = operand.type().shape();
        long places = shape.elements();
        if (places == 0) {
            return false;
        }
        List<Ref> refs = List.of(ref(operand, shape));
        Member member = new Member(node, call, null, reduction.op(), refs);
        Value root = refs.getFirst().root();
        Draft own = makers.of(root);
        if (own != null && own.members().size() < MAX_MEMBERS && reduceIn(own, member, reduction, places)) {
            return true;
        }
        Draft draft = newGroup(refs, places);
        if (reduceIn(draft, member, reduction, places)) {
            return true;
        }
        if (!draft.members().isEmpty()) {
            Draft apart = new Draft(places, draft.level, makers);
            all.add(apart);
            return reduceIn(apart, member, reduction, places);
        }
        return false;
    }

    private boolean reduceIn(Draft draft, Member member, Reduction reduction, long places) {
        Ref ref = member.refs().getFirst();
        Extent extent = draft.extent(ref.root());
        if (extent != null && (isUndecided(draft, ref) || !draft.matches(ref, places))) {
            return false;
        }
        long left = member.result().type().shape().elements();
        if (places == draft.places) {
            return reducePlaces(draft, member, reduction, left);
        }
        // A value that stands once for a row, reduced over all rows.
        if (extent != null && draft.settled(ref.root()) == Extent.ROW && places == draft.rows() && left == 1) {
            place(draft, member, Extent.TOTAL);
            return true;
        }
        return false;
    }

    private boolean reducePlaces(Draft draft, Member member, Reduction reduction, long left) {
        if (left == 1) {
            place(draft, member, Extent.ALL);
            return true;
        }
        if (reduction.isTrailing() && draft.decide(draft.places / left)) {
            place(draft, member, Extent.ROW);
            return true;
        }
        if (reduction.isLeading() && draft.decide(left)) {
            place(draft, member, Extent.TOTAL);
            return true;
        }
        return false;
    }
}
