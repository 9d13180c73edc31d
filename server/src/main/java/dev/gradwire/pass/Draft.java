package dev.gradwire.pass;

import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Group.Places;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.KernelCall;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A group while nodes join it. It has {@code places} places; how they divide into rows and columns, its first reduction
 * along some of the dimensions decides.
 */
final class Draft {
    /** How often a value stands in a group. */
    enum Extent {
        /** At each place. */
        PLACE,
        /** Once for a row. */
        ROW,
        /** Once, of all places, while rows and columns are undecided. */
        ALL,
        /** A result of reducing over the rows: known at the end only. */
        TOTAL
    }

    /** An operand: elements of {@code root}, of which there is one for each element of the node's result. */
    record Ref(Value root, Places layout) {}

    /**
     * A node of the group.
     *
     * @param writer who writes its instructions, null for a reduction
     * @param reduction null for what is no reduction
     */
    record Member(
            Node node,
            KernelCall call,
            Lowering.@Nullable Writer writer,
            @Nullable GroupOp reduction,
            List<Ref> refs) {
        Value result() {
            return node.result();
        }
    }

    final long places;
    final int level;
    private final List<Member> members = new ArrayList<>();
    private final Map<Integer, Extent> extents = new HashMap<>();
    private final Set<Integer> read = new HashSet<>();
    /** What another group makes as well. */
    private final Set<Integer> again = new HashSet<>();
    /** 0 while undecided. */
    private long columns;

    Draft(long places, int level) {
        this.places = places;
        this.level = level;
    }

    List<Member> members() {
        return members;
    }

    long columns() {
        return columns == 0 ? places : columns;
    }

    long rows() {
        return places / columns();
    }

    /** The tensors that members read and none makes, numbers aside. */
    Collection<Value> outside(Views views) {
        Map<Integer, Value> found = new LinkedHashMap<>();
        for (Member member : members) {
            for (Ref ref : member.refs()) {
                Value root = ref.root();
                if (!extents.containsKey(root.id()) && views.number(root) == null) {
                    found.put(root.id(), root);
                }
            }
        }
        return found.values();
    }

    @Nullable
    Extent extent(Value root) {
        return extents.get(root.id());
    }

    /** What {@code root} is at the end, once rows and columns are decided. */
    Extent settled(Value root) {
        Extent extent = extents.get(root.id());
        if (extent == null) {
            throw new IllegalStateException("no value of this group");
        }
        return extent != Extent.ALL ? extent : rows() == 1 ? Extent.ROW : Extent.TOTAL;
    }

    /** Whether some member reads a tensor. */
    boolean reads(Value root) {
        return extents.containsKey(root.id()) || read.contains(root.id());
    }

    /** Puts members before all others, which read what they make; each has a value at each place. */
    void prepend(List<Member> first) {
        members.addAll(0, first);
        for (Member member : first) {
            again.add(member.result().id());
            extents.put(member.result().id(), Extent.PLACE);
            member.refs().forEach(ref -> read.add(ref.root().id()));
        }
    }

    /** Whether it is this group that others have a value from. */
    boolean gives(Value value) {
        return !again.contains(value.id());
    }

    void join(Member member, Extent extent) {
        members.add(member);
        member.refs().forEach(ref -> read.add(ref.root().id()));
        extents.put(member.result().id(), extent);
    }

    /**
     * Decides that rows have so many columns.
     *
     * @return false when it has been decided otherwise
     */
    boolean decide(long wanted) {
        if (columns == 0) {
            columns = wanted;
        }
        return columns == wanted;
    }

    boolean isDecided() {
        return columns != 0;
    }

    /** Whether a reference of a node with {@code elements} elements reads what this group has at the same place or row. */
    boolean matches(Ref ref, long elements) {
        Places layout = ref.layout();
        if (layout.offset() != 0) {
            return false;
        }
        return switch (settled(ref.root())) {
            case PLACE -> elements == places && (places == 1 || isInOrder(layout, places));
            case ROW ->
                rows() == 1
                        ? layout.isSingle()
                        : elements == rows() ? isInOrder(layout, rows()) : elements == places && isAlongRows(layout);
            case ALL, TOTAL -> false;
        };
    }

    static boolean isInOrder(Places layout, long elements) {
        return elements == 1
                ? layout.isSingle()
                : layout.sizes().size() == 1 && layout.strides().getFirst() == 1;
    }

    private boolean isAlongRows(Places layout) {
        return layout.sizes().size() == 2
                && layout.sizes().get(1) == columns()
                && layout.strides().get(0) == 1
                && layout.strides().get(1) == 0;
    }
}
