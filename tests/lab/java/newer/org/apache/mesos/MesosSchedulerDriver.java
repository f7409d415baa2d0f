package org.apache.mesos;

import java.util.Collection;
import java.util.Collections;
import org.apache.mesos.Protos.Credential;
import org.apache.mesos.Protos.ExecutorID;
import org.apache.mesos.Protos.Filters;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.Offer;
import org.apache.mesos.Protos.OfferID;
import org.apache.mesos.Protos.Request;
import org.apache.mesos.Protos.SlaveID;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;
import org.apache.mesos.Protos.TaskStatus;

/** Stands before the class of the jar, with the fields and natives that Mesos 1.11 has beyond it. */
public final class MesosSchedulerDriver implements SchedulerDriver {
  private final Scheduler scheduler;
  private final FrameworkInfo framework;
  private final String master;
  private final boolean implicitAcknowledgements;
  private final Credential credential;
  private final Collection<String> suppressedRoles;
  private long __scheduler;
  private long __driver;

  public MesosSchedulerDriver(Scheduler scheduler, FrameworkInfo framework, String master, boolean implicit) {
    this(scheduler, framework, master, implicit, null);
  }

  public MesosSchedulerDriver(
      Scheduler scheduler, FrameworkInfo framework, String master, boolean implicit, Credential credential) {
    this.scheduler = scheduler;
    this.framework = framework;
    this.master = master;
    this.implicitAcknowledgements = implicit;
    this.credential = credential;
    String roles = System.getProperty("suppressed", "");
    this.suppressedRoles = roles.isEmpty() ? Collections.emptyList() : Collections.singletonList(roles);
    initialize();
  }

  public FrameworkInfo framework() {
    return framework;
  }

  public native Status reviveOffers(Collection<String> roles);

  public native Status suppressOffers(Collection<String> roles);

  public native Status updateFramework(FrameworkInfo framework, Collection<String> suppressedRoles);

  /** The last parameter is a message of which the jar knows nothing. */
  public native Status updateFrameworkWithConstraints(
      FrameworkInfo framework, Collection<String> suppressedRoles, Object constraints);

  @Override public native Status start();

  @Override public native Status stop(boolean failover);

  @Override
  public Status stop() {
    return stop(false);
  }

  @Override public native Status abort();

  @Override public native Status join();

  @Override
  public Status run() {
    Status status = start();
    return status == Status.DRIVER_RUNNING ? join() : status;
  }

  @Override public native Status requestResources(Collection<Request> requests);

  @Override
  public Status launchTasks(Collection<OfferID> offers, Collection<TaskInfo> tasks) {
    return launchTasks(offers, tasks, Filters.getDefaultInstance());
  }

  @Override public native Status launchTasks(Collection<OfferID> offers, Collection<TaskInfo> tasks, Filters filters);

  @Override
  public Status launchTasks(OfferID offer, Collection<TaskInfo> tasks) {
    return launchTasks(offer, tasks, Filters.getDefaultInstance());
  }

  @Override public native Status launchTasks(OfferID offer, Collection<TaskInfo> tasks, Filters filters);

  @Override public native Status killTask(TaskID task);

  @Override
  public native Status acceptOffers(
      Collection<OfferID> offers, Collection<Offer.Operation> operations, Filters filters);

  @Override
  public Status declineOffer(OfferID offer) {
    return declineOffer(offer, Filters.getDefaultInstance());
  }

  @Override public native Status declineOffer(OfferID offer, Filters filters);

  @Override public native Status reviveOffers();

  @Override public native Status suppressOffers();

  @Override public native Status acknowledgeStatusUpdate(TaskStatus status);

  @Override public native Status sendFrameworkMessage(ExecutorID executor, SlaveID agent, byte[] data);

  @Override public native Status reconcileTasks(Collection<TaskStatus> statuses);

  protected native void initialize();

  @Override
  @SuppressWarnings("deprecation")
  protected native void finalize();
}
